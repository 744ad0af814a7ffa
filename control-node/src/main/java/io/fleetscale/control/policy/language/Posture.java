package io.fleetscale.control.policy.language;

import java.util.List;
import java.util.Map;

/**
 * A named condition on a device: all its assertions hold. Attributes are strings, numbers ({@link Double}) or booleans by
 * name. Immutable. Source: policy 9.1.
 *
 * @param name {@code posture:} included
 */
public record Posture(String name, List<PostureAssertion> assertions) {
    public Posture {
        assertions = List.copyOf(assertions);
    }

    public boolean holds(Map<String, Object> attributes) {
        return assertions.stream().allMatch(assertion -> assertion.holds(attributes));
    }
}
