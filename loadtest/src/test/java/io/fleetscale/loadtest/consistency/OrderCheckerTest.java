package io.fleetscale.loadtest.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class OrderCheckerTest {
    @Test
    void watchersMayMissValues() {
        assertThat(OrderChecker.check(List.of(
                        List.of("a", "b", "c", "d"), List.of("a", "d"), List.of("b", "c"), List.of(), List.of("d"))))
                .isEmpty();
    }

    @Test
    void findsAValueThatComesBack() {
        assertThat(OrderChecker.check(List.of(List.of("a", "b", "a"))))
                .hasValueSatisfying(text -> assertThat(text).contains("come back"));
    }

    @Test
    void findsDifferentOrders() {
        assertThat(OrderChecker.check(List.of(List.of("a", "b", "c"), List.of("b", "a"))))
                .isPresent();
        // no two of them disagree, all three do
        assertThat(OrderChecker.check(List.of(List.of("a", "b"), List.of("b", "c"), List.of("c", "a"))))
                .hasValueSatisfying(text -> assertThat(text).contains("different orders"));
    }
}
