package io.fleetscale.control.policy.language;

import io.fleetscale.control.policy.hujson.Position;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes and reads them. Source: Go's time.ParseDuration and Duration.String. */
final class GoDurations {
    private static final Map<String, Long> NANOS = Map.of(
            "ns",
            1L,
            "us",
            1_000L,
            "µs",
            1_000L,
            "ms",
            1_000_000L,
            "s",
            1_000_000_000L,
            "m",
            60_000_000_000L,
            "h",
            3_600_000_000_000L);
    private static final Pattern FORM =
            Pattern.compile("[+-]?(?:[0-9]{1,12}(?:\\.[0-9]{0,9})?(?:ns|us|µs|ms|s|m|h))+|0");
    private static final Pattern PART = Pattern.compile("([0-9]+(?:\\.[0-9]*)?)(ns|us|µs|ms|s|m|h)");

    private GoDurations() {}

    /** @throws PolicyException with Go's text */
    static Duration parse(Position at, String text) throws PolicyException {
        if (!FORM.matcher(text).matches()) {
            throw new PolicyException(at, "time: invalid duration \"" + text + "\"");
        }
        BigDecimal nanos = BigDecimal.ZERO;
        Matcher part = PART.matcher(text);
        while (part.find()) {
            Long unit = NANOS.get(part.group(2));
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit == null ? 0 : unit)));
        }
        if (nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new PolicyException(at, "time: invalid duration \"" + text + "\"");
        }
        Duration duration = Duration.ofNanos(nanos.longValue());
        return text.startsWith("-") ? duration.negated() : duration;
    }

    static String print(Duration duration) {
        if (duration.isNegative()) {
            return "-" + print(duration.negated());
        }
        if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
            long nanos = duration.toNanos();
            return nanos == 0
                    ? "0s"
                    : nanos < 1_000
                            ? nanos + "ns"
                            : nanos < 1_000_000 ? plain(nanos, 1_000) + "µs" : plain(nanos, 1_000_000) + "ms";
        }
        long hours = duration.toHours();
        String seconds = plain(duration.toSecondsPart() * 1_000_000_000L + duration.toNanosPart(), 1_000_000_000) + "s";
        String minutes = duration.toMinutesPart() + "m";
        return hours > 0 ? hours + "h" + minutes + seconds : duration.toMinutes() > 0 ? minutes + seconds : seconds;
    }

    private static String plain(long value, long unit) {
        return BigDecimal.valueOf(value)
                .divide(BigDecimal.valueOf(unit))
                .stripTrailingZeros()
                .toPlainString();
    }
}
