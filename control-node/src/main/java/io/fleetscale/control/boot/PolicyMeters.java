package io.fleetscale.control.boot;

import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.netmap.Netmaps;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.tailnet.Policy;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** What operators watch of the policy: whether the stored one is in force, its size, and what it costs. */
record PolicyMeters(Changelog changelog, PolicyInForce policy, Netmaps netmaps) implements MeterBinder {
    private static final double NANOS_PER_SECOND = 1e9;

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(
                registry,
                "fleetscale.policy.problem",
                "1 when the stored policy is not the one in force or cannot be applied to the tailnet",
                meters -> meters.problem().isPresent() ? 1 : 0);
        gauge(
                registry,
                "fleetscale.policy.version",
                "Number of the stored policy",
                meters -> meters.stored().map(Policy::id).orElse(0L));
        gauge(
                registry,
                "fleetscale.policy.characters",
                "Length of the stored policy's text",
                meters -> meters.stored().map(stored -> stored.text().length()).orElse(0));
        gauge(registry, "fleetscale.policy.rules", "Rules of the policy in force", meters -> meters.rules());
        gauge(
                registry,
                "fleetscale.policy.classes",
                "Classes of nodes that the policy in force does not tell apart",
                meters -> meters.netmaps.policyFigures().classes());
        Gauge unused = Gauge.builder(
                        "fleetscale.policy.compile.time",
                        this,
                        meters -> meters.netmaps.policyFigures().compileTime().toNanos() / NANOS_PER_SECOND)
                .description("How long the last change of the policy took to compile")
                .baseUnit("seconds")
                .strongReference(true)
                .register(registry);
        FunctionCounter unusedFaults = FunctionCounter.builder(
                        "fleetscale.policy.faults",
                        netmaps,
                        maps -> maps.policyFigures().faults())
                .description("Changes that the compiled policy could not follow: it was compiled from nothing")
                .register(registry);
    }

    /** Why the stored policy is not in force; absent: it is. */
    Optional<String> problem() {
        Optional<String> unreadable = policy.problem(changelog.image())
                .map(reason -> "the stored policy cannot be used, a former one is in force: " + reason);
        String stuck = netmaps.policyFigures().problem();
        return unreadable.isPresent() || stuck.isEmpty() ? unreadable : Optional.of(stuck);
    }

    private Optional<Policy> stored() {
        return changelog.image().policy();
    }

    private int rules() {
        PolicyDocument document = policy.of(changelog.image());
        return document.acls().size()
                + document.grants().size()
                + document.ssh().size();
    }

    private void gauge(MeterRegistry registry, String name, String help, ToDoubleFunction<PolicyMeters> value) {
        Gauge unused = Gauge.builder(name, this, value)
                .description(help)
                .strongReference(true)
                .register(registry);
    }
}
