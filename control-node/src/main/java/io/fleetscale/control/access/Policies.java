package io.fleetscale.control.access;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.policy.hujson.HujsonReader;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyLanguage;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The policy as administrators handle it. A text is read and checked, its own tests included, before anything changes; a
 * refused one leaves everything as it was. Thread-safe. Every future fails with a {@link ControlException} whose code and text
 * are headscale's. Source: headscale-surface 1.4 "Policy".
 */
public final class Policies {
    private final Changelog changelog;
    private final PolicySource source;
    private final Examination examination;
    private final PolicyLanguage language;

    /** What a policy must stand on a tailnet before it may be set, beyond being readable. Pure. */
    @FunctionalInterface
    public interface Examination {
        /** @throws PolicyException with the text that refuses it */
        void examine(TailnetImage image, PolicyDocument document) throws PolicyException;
    }

    /** @param updatedAt null: the policy is a file's */
    public record Stored(String text, @Nullable Instant updatedAt) {}

    public Policies(Changelog changelog, PolicySource source, Examination examination) {
        this(changelog, source, examination, PolicyLanguage.WHOLE);
    }

    /** @param language what a policy may say here */
    public Policies(Changelog changelog, PolicySource source, Examination examination, PolicyLanguage language) {
        this.language = language;
        this.changelog = changelog;
        this.source = source;
        this.examination = examination;
    }

    /** What a policy may say here. */
    public PolicyLanguage language() {
        return language;
    }

    /** The text as it was written. UNKNOWN when there is none, or when the file cannot be read. May read a file. */
    public CompletableFuture<Stored> get() {
        return switch (source) {
            case PolicySource.InFile(Path path) -> CompletableFuture.completedFuture(new Stored(text(path), null));
            case PolicySource.Nowhere() ->
                CompletableFuture.failedFuture(new ControlException(
                        ErrorCode.UNKNOWN, "reading policy from path \"\": no policy.path is set"));
            case PolicySource.InDatabase() ->
                changelog.current().thenApply(image -> {
                    Policy policy = image.policy()
                            .orElseThrow(() -> new ControlException(
                                    ErrorCode.UNKNOWN, "loading ACL from database: acl policy not found"));
                    return new Stored(policy.text(), policy.updatedAt());
                });
        };
    }

    /** Sets the policy. UNKNOWN {@code setting policy: ...} for a refused text, and while the policy is a file's. */
    public CompletableFuture<Stored> set(String text) {
        if (!(source instanceof PolicySource.InDatabase)) {
            return CompletableFuture.failedFuture(
                    new ControlException(ErrorCode.UNKNOWN, "update is disabled for modes other than 'database'"));
        }
        PolicyDocument document;
        try {
            document = read(text);
        } catch (PolicyException e) {
            return CompletableFuture.failedFuture(
                    new ControlException(ErrorCode.UNKNOWN, "setting policy: " + chain(e)));
        }
        return changelog.write(put(text, document, true));
    }

    /** What a conditional change of the policy came to. */
    public sealed interface Replaced {
        record Done(Stored stored) implements Replaced {}

        /** Somebody else changed it meanwhile. */
        record Stale() implements Replaced {}
    }

    /**
     * Sets the policy if the one in force is as expected, which is looked at in the transaction of the change. Fails as {@link
     * #set}.
     *
     * @param expected told the text in force, empty when there is none
     * @param stage the tailnet that the policy is examined on
     */
    public CompletableFuture<Replaced> replace(
            String text,
            Predicate<Optional<String>> expected,
            BiFunction<TailnetImage, PolicyDocument, TailnetImage> stage) {
        if (!(source instanceof PolicySource.InDatabase)) {
            return CompletableFuture.failedFuture(
                    new ControlException(ErrorCode.UNKNOWN, "update is disabled for modes other than 'database'"));
        }
        PolicyDocument document;
        try {
            document = read(text);
        } catch (PolicyException e) {
            return CompletableFuture.failedFuture(
                    new ControlException(ErrorCode.UNKNOWN, "setting policy: " + chain(e)));
        }
        HardWrite<Stored> put = put(text, document, true, stage);
        return changelog.write((image, context) -> {
            if (!expected.test(image.policy().map(Policy::text))) {
                return Decision.unchanged(new Replaced.Stale());
            }
            Decision<Stored> decision = put.decide(image, context);
            return new Decision<>(decision.changes(), new Replaced.Done(decision.reply()));
        });
    }

    /** Whether {@link #set} would take the text; INVALID_ARGUMENT with the reason. Changes nothing, in any mode. */
    public CompletableFuture<Void> check(String text) {
        PolicyDocument document;
        try {
            document = read(text);
        } catch (PolicyException e) {
            return CompletableFuture.failedFuture(new ControlException(ErrorCode.INVALID_ARGUMENT, chain(e)));
        }
        return changelog.current().thenAccept(image -> {
            try {
                examination.examine(image, document);
            } catch (PolicyException e) {
                throw new ControlException(ErrorCode.INVALID_ARGUMENT, chain(e));
            }
        });
    }

    /**
     * Brings the policy file into the log, for the instance that acts; completes with whether anything is different. Failing
     * tests of the policy are no reason to refuse it here: at a start there is no older one to keep. Reads a file.
     *
     * @param strict whether failing tests refuse the file, as on a reload
     */
    public CompletableFuture<Boolean> importFile(boolean strict) {
        if (!(source instanceof PolicySource.InFile(Path path))) {
            return CompletableFuture.completedFuture(false);
        }
        String text = text(path);
        try {
            PolicyDocument document = read(text);
            if (changelog
                    .image()
                    .policy()
                    .filter(policy -> policy.text().equals(text))
                    .isPresent()) {
                return CompletableFuture.completedFuture(false);
            }
            return changelog.write(put(text, document, strict)).thenApply(stored -> true);
        } catch (PolicyException e) {
            return CompletableFuture.failedFuture(
                    new ControlException(ErrorCode.UNKNOWN, "policy file " + path + ": " + e.located()));
        }
    }

    private HardWrite<Stored> put(String text, PolicyDocument document, boolean strict) {
        return put(text, document, strict, (image, unused) -> image);
    }

    private HardWrite<Stored> put(
            String text,
            PolicyDocument document,
            boolean strict,
            BiFunction<TailnetImage, PolicyDocument, TailnetImage> stage) {
        return (image, context) -> {
            if (strict) {
                try {
                    examination.examine(stage.apply(image, document), document);
                } catch (PolicyException e) {
                    throw new ControlException(ErrorCode.UNKNOWN, "setting policy: " + chain(e));
                }
            }
            Policy policy = new Policy(nextId(image), text, context.now());
            return new Decision<>(List.of(new Change.PolicyPut(policy)), new Stored(text, policy.updatedAt()));
        };
    }

    /** Above the stored one in any case: somebody may have put it into the table by hand. */
    private static long nextId(TailnetImage image) {
        return Math.max(
                image.counters().nextPolicy(), image.policy().map(Policy::id).orElse(0L) + 1);
    }

    private PolicyDocument read(String text) throws PolicyException {
        return language.read(text);
    }

    /** The text behind the words that clients of headscale look for; the place comes last, since the text has to stay. */
    private static String chain(PolicyException refusal) {
        String step = switch (refusal.fault()) {
            case SYNTAX -> "parsing HuJSON: ";
            case TYPE -> "parsing policy from bytes: ";
            case MEANING -> "";
        };
        boolean placed = refusal.column() > 0 && refusal.fault() != PolicyException.Fault.SYNTAX;
        return "parsing policy: " + step + refusal.getMessage()
                + (placed ? " (line " + refusal.line() + ", column " + refusal.column() + ")" : "");
    }

    private static String text(Path path) {
        String subject = "reading policy from path \"" + path.toAbsolutePath() + "\": ";
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(HujsonReader.MAX_BYTES + 1);
            if (bytes.length > HujsonReader.MAX_BYTES) {
                throw new ControlException(
                        ErrorCode.UNKNOWN, subject + "larger than " + HujsonReader.MAX_BYTES + " bytes");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (NoSuchFileException e) {
            throw new ControlException(
                    ErrorCode.UNKNOWN, subject + "open " + path.toAbsolutePath() + ": no such file or directory");
        } catch (CharacterCodingException e) {
            throw new ControlException(ErrorCode.UNKNOWN, subject + "not UTF-8");
        } catch (IOException e) {
            throw new ControlException(ErrorCode.UNKNOWN, subject + e.getMessage());
        }
    }
}
