package io.fleetscale.control.access;

import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The document that is in force for an image: that of its policy, or, when this program cannot read the stored text, that of
 * the latest stored version that it can. Every instance finds the same, because all see the same versions. Never allows or
 * forbids everything by accident: without any readable version the start fails. Each text is read once; equal texts give the
 * same object. Thread-safe.
 */
public final class PolicyInForce {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyInForce.class);

    private final Supplier<List<Policy>> history;
    private volatile Read last;

    private record Read(
            String text, PolicyDocument document, @Nullable String problem) {}

    /** @param history stored versions, the latest first; asked only when the one in force cannot be read; may block */
    public PolicyInForce(Supplier<List<Policy>> history) {
        this.history = history;
        this.last = new Read("", empty(), null);
    }

    /** The document of the image's policy. */
    public PolicyDocument of(TailnetImage image) {
        return read(image.policy().map(Policy::text).orElse("")).document();
    }

    /** Why the stored policy is not the one in force; absent: it is. */
    public Optional<String> problem() {
        return Optional.ofNullable(last.problem());
    }

    private Read read(String text) {
        Read known = last;
        if (known.text().equals(text)) {
            return known;
        }
        Read read;
        try {
            read = new Read(text, PolicyReader.read(text), null);
        } catch (PolicyException e) {
            LOG.atError()
                    .addKeyValue("reason", e.located())
                    .log("the stored policy cannot be used; the last one that can stays in force");
            read = new Read(text, lastReadable(), e.located());
        }
        last = read;
        return read;
    }

    private PolicyDocument lastReadable() {
        for (Policy version : history.get()) {
            try {
                return PolicyReader.read(version.text());
            } catch (PolicyException e) {
                LOG.atWarn()
                        .addKeyValue("version", version.id())
                        .addKeyValue("reason", e.located())
                        .log("a former policy cannot be used either");
            }
        }
        throw new IllegalStateException(
                "no stored version of the policy can be used: start the release that wrote it and correct the policy there");
    }

    private static PolicyDocument empty() {
        try {
            return PolicyReader.read("");
        } catch (PolicyException e) {
            throw new IllegalStateException("an empty policy can be read", e);
        }
    }
}
