package io.fleetscale.loadtest.report;

import org.jspecify.annotations.Nullable;

/**
 * One measured number.
 *
 * @param name what was measured, for example {@code "first map, 1000 peers, CPU"}
 * @param unit for example {@code "us"}, {@code "KiB"}
 * @param aim what the project wants, in the same unit; absent where there is no aim
 * @param lowerIsBetter how the value compares with the aim
 * @param note how it was measured, one line
 */
public record Figure(
        String name, double value, String unit, @Nullable Double aim, boolean lowerIsBetter, String note) {

    public static Figure of(String name, double value, String unit, String note) {
        return new Figure(name, value, unit, null, true, note);
    }

    public static Figure atMost(String name, double value, double aim, String unit, String note) {
        return new Figure(name, value, unit, aim, true, note);
    }

    /** Whether the aim is reached; true where there is none. */
    public boolean reached() {
        return aim == null || (lowerIsBetter ? value <= aim : value >= aim);
    }
}
