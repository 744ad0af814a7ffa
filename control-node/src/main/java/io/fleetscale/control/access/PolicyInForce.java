package io.fleetscale.control.access;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyLanguage;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The document that is in force for an image: that of its policy, or, when this program cannot read the stored text, that of
 * the latest stored version that it can. Every instance finds the same, because all see the same versions. Never allows or
 * forbids everything by accident: without any readable version the start fails. The last texts are read once; equal texts give
 * the same object. Thread-safe.
 */
public final class PolicyInForce {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyInForce.class);
    /** The one in force, the one that follows while it is written, and those that instances which lag still apply. */
    private static final int KEPT = 4;

    private final Supplier<List<Policy>> history;
    private final PolicyLanguage language;

    @GuardedBy("this")
    private final Deque<Read> known = new ArrayDeque<>();

    private record Read(
            String text, PolicyDocument document, @Nullable String problem) {}

    /** @param history stored versions, the latest first; asked only when the one in force cannot be read; may block */
    public PolicyInForce(Supplier<List<Policy>> history) {
        this(history, PolicyLanguage.WHOLE);
    }

    /**
     * @param history stored versions, the latest first
     * @param language what a policy may say here; the same on all instances
     */
    public PolicyInForce(Supplier<List<Policy>> history, PolicyLanguage language) {
        this.language = language;
        this.history = history;
        this.known.add(new Read("", empty(), null));
    }

    /** The document of the image's policy. */
    public PolicyDocument of(TailnetImage image) {
        return read(text(image)).document();
    }

    /** Why the image's policy is not the one in force; absent: it is. */
    public Optional<String> problem(TailnetImage image) {
        return Optional.ofNullable(read(text(image)).problem());
    }

    private static String text(TailnetImage image) {
        return image.policy().map(Policy::text).orElse("");
    }

    private synchronized Read read(String text) {
        for (Read read : known) {
            if (read.text().equals(text)) {
                return read;
            }
        }
        Read read;
        try {
            read = new Read(text, language.read(text), null);
        } catch (PolicyException e) {
            LOG.atError()
                    .addKeyValue("reason", e.located())
                    .log("the stored policy cannot be used; the last one that can stays in force");
            read = new Read(text, lastReadable(), e.located());
        }
        if (known.size() == KEPT) {
            known.removeLast();
        }
        known.addFirst(read);
        return read;
    }

    private PolicyDocument lastReadable() {
        for (Policy version : history.get()) {
            try {
                PolicyDocument document = language.read(version.text());
                LOG.atWarn().addKeyValue("version", version.id()).log("a former policy is in force");
                return document;
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
