package io.fleetscale.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Network flow logs of clients. They send them to {@code log.tailscale.com} and nowhere else, so that this name must lead to
 * this server for them.
 *
 * @param enabled whether this server takes them; then clients are not told to keep logs to themselves
 * @param retention how long they are kept
 * @param maxEntries the most that are kept; the oldest make room
 */
public record FlowLogConfig(boolean enabled, Duration retention, int maxEntries) {
    private static final String RETENTION = "flow_logs.retention";
    private static final String MAX_ENTRIES = "flow_logs.max_entries";
    private static final FlowLogConfig DEFAULTS = new FlowLogConfig(false, Duration.ofDays(30), 10_000_000);

    public static FlowLogConfig defaults() {
        return DEFAULTS;
    }

    static FlowLogConfig read(Settings in) {
        return new FlowLogConfig(
                in.flag("flow_logs.enabled", DEFAULTS.enabled),
                in.duration(RETENTION, DEFAULTS.retention),
                in.integer(MAX_ENTRIES, DEFAULTS.maxEntries));
    }

    /** The same for a server that takes them, or does not. */
    public FlowLogConfig withEnabled(boolean value) {
        return new FlowLogConfig(value, retention, maxEntries);
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (retention.isNegative() || retention.isZero()) {
            problems.add(ConfigProblem.error(
                    RETENTION, GoDuration.format(retention), "must be above 0", "write a duration, such as 720h"));
        }
        if (maxEntries <= 0) {
            problems.add(ConfigProblem.error(
                    MAX_ENTRIES, Integer.toString(maxEntries), "must be above 0", "write a number, such as 10000000"));
        }
        return problems;
    }
}
