package io.fleetscale.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How long the database keeps what has been.
 *
 * @param log records of the log of changes: an instance that was away for longer loads everything anew
 * @param auditLog entries of the audit log
 */
public record RetentionConfig(Duration log, Duration auditLog) {
    private static final String LOG = "retention.log";
    private static final String AUDIT_LOG = "retention.audit_log";
    private static final Duration SHORTEST = Duration.ofMinutes(10);
    private static final RetentionConfig DEFAULTS = new RetentionConfig(Duration.ofHours(24), Duration.ofDays(90));

    public static RetentionConfig defaults() {
        return DEFAULTS;
    }

    static RetentionConfig read(Settings in) {
        return new RetentionConfig(in.duration(LOG, DEFAULTS.log), in.duration(AUDIT_LOG, DEFAULTS.auditLog));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        check(problems, LOG, log, "24h");
        check(problems, AUDIT_LOG, auditLog, "2160h");
        return problems;
    }

    private static void check(List<ConfigProblem> problems, String key, Duration value, String example) {
        if (value.compareTo(SHORTEST) < 0) {
            problems.add(ConfigProblem.error(
                    key,
                    GoDuration.format(value),
                    "must be " + GoDuration.format(SHORTEST) + " or more",
                    "write a duration, such as " + example));
        }
    }
}
