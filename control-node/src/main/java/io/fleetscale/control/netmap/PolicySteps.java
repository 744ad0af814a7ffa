package io.fleetscale.control.netmap;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.PolicyEffect;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the policy follow the tailnet. What fails leaves everything as it is: nobody is shown or let through more than the last
 * policy that compiled says. Confined to the thread of {@link Netmaps}, the figures aside.
 */
final class PolicySteps {
    private static final Logger LOG = LoggerFactory.getLogger(PolicySteps.class);

    private final CompiledPolicy.Compiler compiler;
    private final LongSupplier nanoTime;
    private @Nullable TailnetImage ahead;
    private long faults;
    private long compileNanos;
    private int views;
    private volatile PolicyFigures figures = new PolicyFigures(0, Duration.ZERO, 0, "");

    PolicySteps(CompiledPolicy.Compiler compiler, LongSupplier nanoTime) {
        this.compiler = compiler;
        this.nanoTime = nanoTime;
    }

    /** The image that the policy could not be compiled for; null: it could. */
    @Nullable
    TailnetImage ahead() {
        return ahead;
    }

    PolicyFigures figures() {
        return figures;
    }

    void tellViews(int count) {
        views = count;
        tell(figures.problem());
    }

    void countFault() {
        faults++;
    }

    private void tell(String problem) {
        figures = new PolicyFigures(faults, Duration.ofNanos(compileNanos), views, problem);
    }

    /** The policy of an image from nothing; null: it cannot be compiled, and {@link #ahead} says for what. */
    @Nullable
    CompiledPolicy compile(TailnetImage next) {
        long began = nanoTime.getAsLong();
        try {
            CompiledPolicy made = compiler.compile(next);
            compileNanos = nanoTime.getAsLong() - began;
            ahead = null;
            tell("");
            return made;
        } catch (RuntimeException e) {
            faults++;
            if (ahead == null) {
                LOG.atError()
                        .addKeyValue("version", next.version())
                        .setCause(e)
                        .log("the policy cannot be compiled: clients keep what they have");
            }
            ahead = next;
            tell("the policy cannot be compiled for the tailnet as it is now: " + e.getMessage());
            return null;
        }
    }

    /** The policy after a delta, compiled from nothing if it cannot follow; null as in {@link #compile}. */
    CompiledPolicy.@Nullable Advance advance(
            CompiledPolicy policy, TailnetImage before, TailnetDelta delta, TailnetImage after) {
        long began = nanoTime.getAsLong();
        try {
            CompiledPolicy.Advance advance = policy.advance(before, delta, after);
            if (delta.changes().stream().anyMatch(Change.PolicyPut.class::isInstance)) {
                compileNanos = nanoTime.getAsLong() - began;
            }
            return advance;
        } catch (RuntimeException e) {
            faults++;
            LOG.atError()
                    .addKeyValue("version", after.version())
                    .setCause(e)
                    .log("the policy could not follow a change: it is compiled from nothing");
        }
        CompiledPolicy made = compile(after);
        return made == null ? null : new CompiledPolicy.Advance(made, PolicyEffect.EVERYTHING);
    }
}
