package io.fleetscale.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Lifetimes of nodes and probing of subnet routers.
 *
 * @param expiry how long keys of untagged nodes last; zero means for ever
 * @param ephemeralInactivityTimeout after which absence an ephemeral node is removed; above 65 s
 * @param probeInterval how often subnet routers are probed; zero turns it off
 * @param probeTimeout when a probe counts as lost
 */
public record NodeConfig(
        Duration expiry, Duration ephemeralInactivityTimeout, Duration probeInterval, Duration probeTimeout) {
    /** Long polls are kept alive every 50 to 59 s, so a shorter absence than this one shows nothing. */
    public static final Duration EPHEMERAL_TIMEOUT_FLOOR = Duration.ofSeconds(65);

    private static final Duration SHORTEST_PROBE_INTERVAL = Duration.ofSeconds(2);
    private static final Duration SHORTEST_PROBE_TIMEOUT = Duration.ofSeconds(1);
    private static final NodeConfig DEFAULTS =
            new NodeConfig(Duration.ZERO, Duration.ofSeconds(120), Duration.ofSeconds(10), Duration.ofSeconds(5));

    public static NodeConfig defaults() {
        return DEFAULTS;
    }

    static NodeConfig read(Settings in) {
        return new NodeConfig(
                in.prometheusDuration("node.expiry", DEFAULTS.expiry),
                in.duration("node.ephemeral.inactivity_timeout", DEFAULTS.ephemeralInactivityTimeout),
                in.duration("node.routes.ha.probe_interval", DEFAULTS.probeInterval),
                in.duration("node.routes.ha.probe_timeout", DEFAULTS.probeTimeout));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (ephemeralInactivityTimeout.compareTo(EPHEMERAL_TIMEOUT_FLOOR) <= 0) {
            problems.add(
                    error("node.ephemeral.inactivity_timeout", ephemeralInactivityTimeout, "must be above 65s", "2m"));
        }
        if (probeInterval.isZero()) {
            return problems;
        }
        if (probeInterval.compareTo(SHORTEST_PROBE_INTERVAL) < 0) {
            problems.add(error("node.routes.ha.probe_interval", probeInterval, "must be 2s or more, or 0", "10s"));
        }
        if (probeTimeout.compareTo(SHORTEST_PROBE_TIMEOUT) < 0) {
            problems.add(error("node.routes.ha.probe_timeout", probeTimeout, "must be 1s or more", "5s"));
        }
        if (probeTimeout.compareTo(probeInterval) >= 0) {
            problems.add(error(
                    "node.routes.ha.probe_timeout",
                    probeTimeout,
                    "must be below node.routes.ha.probe_interval, " + GoDuration.format(probeInterval),
                    "5s"));
        }
        return problems;
    }

    private static ConfigProblem error(String key, Duration value, String problem, String example) {
        return ConfigProblem.error(key, GoDuration.format(value), problem, "write a duration, such as " + example);
    }
}
