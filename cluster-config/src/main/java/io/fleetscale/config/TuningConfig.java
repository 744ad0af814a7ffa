package io.fleetscale.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Limits that hardly anybody needs to change.
 *
 * @param registerCacheExpiration how long a login may stay unfinished; by default as long as clients show its URL
 * @param registerCacheMaxEntries the most unfinished logins of all instances together
 */
public record TuningConfig(Duration registerCacheExpiration, int registerCacheMaxEntries) {
    /** Clients keep a URL for seven days less an hour. Source: control-protocol 4.4. */
    private static final TuningConfig DEFAULTS = new TuningConfig(Duration.ofDays(7), 50_000);

    public static TuningConfig defaults() {
        return DEFAULTS;
    }

    static TuningConfig read(Settings in) {
        // Neither has an effect here, but headscale refuses them and so a file that passes here should pass there.
        checkAbove0(in, "tuning.node_store_batch_size", in.integer("tuning.node_store_batch_size", 1));
        checkAbove0(
                in,
                "tuning.node_store_batch_timeout",
                in.duration("tuning.node_store_batch_timeout", Duration.ofMillis(500))
                        .toNanos());
        return new TuningConfig(
                in.duration("tuning.register_cache_expiration", DEFAULTS.registerCacheExpiration),
                in.integer("tuning.register_cache_max_entries", DEFAULTS.registerCacheMaxEntries));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (registerCacheExpiration.isNegative() || registerCacheExpiration.isZero()) {
            problems.add(ConfigProblem.error(
                    "tuning.register_cache_expiration",
                    GoDuration.format(registerCacheExpiration),
                    "must be above 0",
                    "write a duration, such as 15m"));
        }
        if (registerCacheMaxEntries <= 0) {
            problems.add(ConfigProblem.error(
                    "tuning.register_cache_max_entries",
                    Integer.toString(registerCacheMaxEntries),
                    "must be above 0",
                    "write a number, such as 1024"));
        }
        return problems;
    }

    private static void checkAbove0(Settings in, String key, long value) {
        if (value <= 0) {
            in.report(ConfigProblem.error(key, Long.toString(value), "must be above 0", "remove it"));
        }
    }
}
