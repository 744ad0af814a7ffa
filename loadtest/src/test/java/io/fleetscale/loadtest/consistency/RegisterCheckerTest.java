package io.fleetscale.loadtest.consistency;

import static io.fleetscale.loadtest.consistency.Operation.read;
import static io.fleetscale.loadtest.consistency.Operation.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegisterCheckerTest {
    @Test
    void takesWhatOneCopyWouldDo() {
        assertThat(RegisterChecker.check(
                        "0",
                        List.of(
                                read("0", 1, 2),
                                write("a", 3, 6),
                                read("0", 4, 5), // the write has not taken effect yet
                                read("a", 5, 8),
                                write("b", 9, 20),
                                write("c", 10, 12),
                                read("c", 13, 14),
                                read("b", 15, 16),
                                read("b", 30, 31))))
                .isEmpty();
    }

    @Test
    void findsAStaleReadAfterAnAcknowledgement() {
        assertThat(RegisterChecker.check("0", List.of(write("a", 1, 2), read("0", 3, 4))))
                .hasValueSatisfying(text -> assertThat(text).contains("stale"));
        assertThat(RegisterChecker.check("0", List.of(write("a", 1, 2), write("b", 3, 4), read("a", 5, 6))))
                .isPresent();
    }

    @Test
    void findsALostAcknowledgedWrite() {
        // b was acknowledged, then everyone sees a again
        assertThat(RegisterChecker.check(
                        "0", List.of(write("a", 1, 2), write("b", 3, 4), read("a", 5, 6), read("a", 7, 8))))
                .isPresent();
        assertThat(RegisterChecker.check(
                        "0", List.of(write("a", 1, 2), write("b", 3, 4), read("b", 5, 6), read("a", 7, 8))))
                .isPresent();
    }

    @Test
    void findsTwoReadersWhoDisagreeOnTheOrder() {
        assertThat(RegisterChecker.check(
                        "0",
                        List.of(
                                write("a", 1, 100),
                                write("b", 1, 100),
                                read("a", 2, 3),
                                read("b", 4, 5),
                                read("a", 6, 7))))
                .isPresent();
        assertThat(RegisterChecker.check(
                        "0",
                        List.of(
                                write("a", 1, 100),
                                write("b", 1, 100),
                                read("a", 2, 3),
                                read("b", 4, 5),
                                read("a", 6, 7),
                                read("b", 8, 9))))
                .hasValueSatisfying(text -> assertThat(text).contains("after the other was over"));
    }

    @Test
    void findsReadsOfWhatNobodyHadWritten() {
        assertThat(RegisterChecker.check("0", List.of(read("x", 1, 2)))).isPresent();
        assertThat(RegisterChecker.check("0", List.of(read("a", 1, 2), write("a", 3, 4))))
                .isPresent();
    }

    @Test
    void aWriteWithoutAnswerMayHappenLateOrNever() {
        Operation unknown = write("a", 1, Operation.NEVER);
        assertThat(RegisterChecker.check("0", List.of(unknown, read("0", 2, 3), read("0", 100, 101))))
                .isEmpty();
        assertThat(RegisterChecker.check("0", List.of(unknown, read("0", 2, 3), read("a", 100, 101))))
                .isEmpty();
        assertThat(RegisterChecker.check("0", List.of(unknown, read("a", 2, 3), read("0", 100, 101))))
                .isPresent();
    }

    @Test
    void refusesValuesThatAreNotUnique() {
        assertThatThrownBy(() -> RegisterChecker.check("0", List.of(write("a", 1, 2), write("a", 3, 4))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unique");
    }

    /** Random short histories: the checker says the same as trying every order. */
    @Test
    void agreesWithAnExhaustiveSearch() {
        int linearizable = 0;
        for (int seed = 0; seed < 20_000; seed++) {
            List<Operation> history = randomHistory(new Random(seed));
            boolean expected = ExhaustiveSearch.isLinearizable("0", history);
            assertThat(RegisterChecker.check("0", history).isEmpty())
                    .as("seed %d: %s", seed, history)
                    .isEqualTo(expected);
            linearizable += expected ? 1 : 0;
        }
        assertThat(linearizable).isBetween(2_000, 18_000);
    }

    /** All times differ: operations that touch in one instant are neither before nor after each other. */
    private static List<Operation> randomHistory(Random random) {
        int count = 2 + random.nextInt(7);
        List<Integer> times = new ArrayList<>();
        for (int i = 0; i < 2 * count; i++) {
            times.add(i);
        }
        // near neighbours swap: mostly short operations
        for (int i = 0; i < count; i++) {
            int at = random.nextInt(2 * count - 1);
            Collections.swap(times, at, Math.min(2 * count - 1, at + 1 + random.nextInt(3)));
        }
        List<Operation> history = new ArrayList<>();
        int writes = 0;
        for (int i = 0; i < count; i++) {
            long from = Math.min(times.get(2 * i), times.get(2 * i + 1));
            long to = Math.max(times.get(2 * i), times.get(2 * i + 1));
            if (random.nextInt(3) == 0) {
                history.add(write(Integer.toString(++writes), from, random.nextInt(6) == 0 ? Operation.NEVER : to));
            } else {
                history.add(read(Integer.toString(Math.max(0, writes - random.nextInt(2))), from, to));
            }
        }
        return history;
    }
}
