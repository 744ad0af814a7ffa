package io.fleetscale.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Prometheus writes them: {@code 90d}, {@code 1w2d}, {@code 1h30m}; {@code 0} alone needs no unit. */
public final class PrometheusDuration {
    private static final Pattern FORM = Pattern.compile(
            "(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?" + "(?:([0-9]+)s)?(?:([0-9]+)ms)?");
    private static final long DAY_MILLIS = 86_400_000L;
    private static final long[] UNIT_MILLIS = {
        365 * DAY_MILLIS, 7 * DAY_MILLIS, DAY_MILLIS, 3_600_000L, 60_000L, 1_000L, 1L
    };

    private PrometheusDuration() {}

    /**
     * @throws IllegalArgumentException if the text is not a duration or exceeds 64 bits of nanoseconds
     */
    public static Duration parse(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher matcher = FORM.matcher(text);
        if (text.isEmpty() || !matcher.matches()) {
            throw new IllegalArgumentException("not a duration");
        }
        try {
            long millis = 0;
            for (int unit = 0; unit < UNIT_MILLIS.length; unit++) {
                String amount = matcher.group(unit + 1);
                if (amount != null) {
                    millis = Math.addExact(millis, Math.multiplyExact(Long.parseLong(amount), UNIT_MILLIS[unit]));
                }
            }
            Math.multiplyExact(millis, 1_000_000L);
            return Duration.ofMillis(millis);
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("too long a duration", e);
        }
    }
}
