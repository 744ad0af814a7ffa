package io.fleetscale.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them: {@code 1h30m}, {@code 800ms}, {@code -1.5s}; a bare number counts nanoseconds. */
final class GoDuration {
    private static final Pattern BARE = Pattern.compile("[-+]?[0-9]{1,18}");
    private static final Pattern WHOLE =
            Pattern.compile("[-+]?(?:(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+");
    private static final Pattern PART = Pattern.compile("([0-9]*\\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)");
    private static final int LONGEST_TEXT = 64;

    private GoDuration() {}

    /**
     * @throws IllegalArgumentException if the text is not a duration or exceeds 64 bits of nanoseconds
     */
    static Duration parse(String text) {
        if (text.length() > LONGEST_TEXT) {
            throw new IllegalArgumentException("not a duration");
        }
        if (isBareNumber(text)) {
            return Duration.ofNanos(Long.parseLong(text));
        }
        if (!WHOLE.matcher(text).matches()) {
            throw new IllegalArgumentException("not a duration");
        }
        BigDecimal nanos = BigDecimal.ZERO;
        Matcher part = PART.matcher(text);
        while (part.find()) {
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unitNanos(part.group(2)))));
        }
        BigInteger whole = nanos.toBigInteger();
        if (whole.bitLength() > 63) {
            throw new IllegalArgumentException("too long a duration");
        }
        return Duration.ofNanos(text.startsWith("-") ? -whole.longValueExact() : whole.longValueExact());
    }

    /** Whether the text has no unit and so counts nanoseconds, which nobody means except for 0. */
    static boolean isBareNumber(String text) {
        return BARE.matcher(text).matches();
    }

    /** The shortest usual text, {@code 25s}, {@code 1h30m}, {@code 800ms}, {@code 0s}. */
    static String format(Duration duration) {
        if (duration.isNegative()) {
            return "-" + format(duration.negated());
        }
        if (duration.isZero()) {
            return "0s";
        }
        StringBuilder text = new StringBuilder();
        appendUnless0(text, duration.toHours(), "h");
        appendUnless0(text, duration.toMinutesPart(), "m");
        appendUnless0(text, duration.toSecondsPart(), "s");
        int nanos = duration.toNanosPart();
        appendUnless0(text, nanos / 1_000_000, "ms");
        appendUnless0(text, nanos / 1_000 % 1_000, "us");
        appendUnless0(text, nanos % 1_000, "ns");
        return text.toString();
    }

    private static void appendUnless0(StringBuilder text, long amount, String unit) {
        if (amount != 0) {
            text.append(amount).append(unit);
        }
    }

    private static long unitNanos(String unit) {
        return switch (unit) {
            case "ns" -> 1L;
            case "us", "µs", "μs" -> 1_000L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> throw new IllegalArgumentException("not a unit");
        };
    }
}
