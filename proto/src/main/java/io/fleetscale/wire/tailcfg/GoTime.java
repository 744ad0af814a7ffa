package io.fleetscale.wire.tailcfg;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Times as Go's time.Time writes them in JSON. The zero time, year 1, stands for "none" and is null here. */
public final class GoTime {
    /** Go's zero time. */
    public static final Instant ZERO = Instant.parse("0001-01-01T00:00:00Z");

    private static final Pattern RFC_3339 =
            Pattern.compile("(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d)(?:\\.(\\d+))?(?:Z|([+-])(\\d\\d):(\\d\\d))");

    private GoTime() {}

    /**
     * Reads RFC 3339 with seconds, an optional fraction and any offset.
     *
     * @throws IllegalArgumentException if it is malformed; the text is not repeated
     */
    public static @Nullable Instant parse(String text) {
        Matcher matcher = RFC_3339.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a time of RFC 3339");
        }
        LocalDateTime local;
        try {
            local = LocalDateTime.parse(matcher.group(1));
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("not a time of RFC 3339", e);
        }
        long offsetSeconds = 0;
        if (matcher.group(3) != null) {
            int hours = Integer.parseInt(matcher.group(4));
            int minutes = Integer.parseInt(matcher.group(5));
            if (hours > 23 || minutes > 59) {
                throw new IllegalArgumentException("not a time of RFC 3339");
            }
            offsetSeconds = (hours * 60L + minutes) * 60 * (matcher.group(3).equals("-") ? -1 : 1);
        }
        String fraction = matcher.group(2);
        int nanos = fraction == null ? 0 : Integer.parseInt((fraction + "00000000").substring(0, 9));
        Instant instant =
                local.toInstant(ZoneOffset.UTC).minusSeconds(offsetSeconds).plusNanos(nanos);
        return instant.equals(ZERO) ? null : instant;
    }

    /** The form for messages: UTC, seconds always, a fraction where there is one; the zero time for null. */
    public static String format(@Nullable Instant instant) {
        return instant == null
                ? ZERO.toString()
                : instant.truncatedTo(ChronoUnit.NANOS).toString();
    }
}
