package io.fleetscale.control.policy.test;

import java.util.List;

/**
 * A test of the policy that does not hold.
 *
 * @param section {@code tests} or {@code sshTests}
 * @param line where the test begins
 * @param source as written
 * @param errors what was wanted and what is
 */
public record TestFailure(String section, int line, String source, List<String> errors) {
    /** What a policy whose tests fail is refused with. Source: policy 1.6 V36. */
    public static final String MESSAGE = "test(s) failed";

    public TestFailure {
        errors = List.copyOf(errors);
    }
}
