package io.fleetscale.control.access;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.policy.explain.Difference;
import io.fleetscale.control.policy.explain.Explainer;
import io.fleetscale.control.policy.explain.PolicyDiff;
import io.fleetscale.control.policy.explain.Question;
import io.fleetscale.control.policy.explain.QuestionException;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyLanguage;
import io.fleetscale.control.policy.test.TestFailure;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Questions about the policy in force and about others, on the tailnet as it is now. Nothing is changed. Every future fails
 * with a {@link ControlException}: INVALID_ARGUMENT for a policy that cannot be read or a question that means nothing.
 * Thread-safe.
 */
public final class PolicyQuestions {
    private final Changelog changelog;
    private final PolicyInForce inForce;
    private final PolicyEnvironment environment;
    private final PolicyExamination examination;
    private final PolicyLanguage language;

    /** @param language what a policy may say here */
    public PolicyQuestions(
            Changelog changelog, PolicyInForce inForce, PolicyEnvironment environment, PolicyLanguage language) {
        this.language = language;
        this.changelog = changelog;
        this.inForce = inForce;
        this.environment = environment;
        this.examination = new PolicyExamination(environment);
    }

    /**
     * Whether a policy could be set.
     *
     * @param message why not; empty: it could
     * @param line where, from 1; 0: no single place
     * @param failures tests that fail
     * @param warnings what is no reason to refuse it, but hardly meant
     */
    public record Examined(String message, int line, int column, List<TestFailure> failures, List<String> warnings) {
        public Examined {
            warnings = List.copyOf(warnings);
            failures = List.copyOf(failures);
        }

        public boolean isValid() {
            return message.isEmpty();
        }
    }

    /** @param candidate the policy to ask about; empty: the one in force */
    public CompletableFuture<Explainer.Answer> explain(Question question, String candidate) {
        return changelog.current().thenApply(image -> {
            PolicyDocument document = candidate.isEmpty() ? inForce.of(image) : read(candidate);
            try {
                return new Explainer(document, image, compiled(document, image), environment).answer(question);
            } catch (QuestionException e) {
                throw new ControlException(ErrorCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
            }
        });
    }

    /** What would change if the text were set. */
    public CompletableFuture<Difference> diff(String text) {
        PolicyDocument next;
        try {
            next = read(text);
        } catch (ControlException e) {
            return CompletableFuture.failedFuture(e);
        }
        return changelog
                .current()
                .thenApply(
                        image -> PolicyDiff.between(image, compiled(inForce.of(image), image), compiled(next, image)));
    }

    /** Everything that speaks against a policy. */
    public CompletableFuture<Examined> examine(String text) {
        PolicyDocument document;
        try {
            document = language.read(text);
        } catch (PolicyException e) {
            return CompletableFuture.completedFuture(refused(e));
        }
        return changelog.current().thenApply(image -> {
            try {
                List<TestFailure> failures = examination.failures(image, document);
                return failures.isEmpty()
                        ? new Examined("", 0, 0, List.of(), PolicyWarnings.of(image, document, environment))
                        : new Examined(
                                TestFailure.MESSAGE,
                                failures.getFirst().line(),
                                0,
                                failures,
                                PolicyWarnings.of(image, document, environment));
            } catch (PolicyException e) {
                return refused(e);
            }
        });
    }

    private static Examined refused(PolicyException e) {
        return new Examined(e.getMessage(), e.line(), e.column(), List.of(), List.of());
    }

    private CompiledPolicy compiled(PolicyDocument document, TailnetImage image) {
        return PolicyCompiler.of(any -> document, environment).compile(image);
    }

    private PolicyDocument read(String text) {
        try {
            return language.read(text);
        } catch (PolicyException e) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, "parsing policy: " + e.located());
        }
    }
}
