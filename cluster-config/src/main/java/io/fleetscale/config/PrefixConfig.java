package io.fleetscale.config;

import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that nodes get.
 *
 * @param v4 null when nodes get no IPv4 address
 * @param v6 null when nodes get no IPv6 address
 */
public record PrefixConfig(@Nullable IpPrefix v4, @Nullable IpPrefix v6, Allocation allocation) {
    /** In which order addresses are given out. */
    public enum Allocation {
        SEQUENTIAL,
        RANDOM
    }

    /** The range that Tailscale clients take for their own; outside of it some of their features do not work. */
    public static final IpPrefix STANDARD_V4 = IpPrefix.parse("100.64.0.0/10");

    public static final IpPrefix STANDARD_V6 = IpPrefix.parse("fd7a:115c:a1e0::/48");

    private static final PrefixConfig DEFAULTS = new PrefixConfig(null, null, Allocation.SEQUENTIAL);

    public static PrefixConfig defaults() {
        return DEFAULTS;
    }

    /** Both standard ranges, in sequence. */
    public static PrefixConfig standard() {
        return new PrefixConfig(STANDARD_V4, STANDARD_V6, Allocation.SEQUENTIAL);
    }

    static PrefixConfig read(Settings in) {
        Map<String, Allocation> words = new LinkedHashMap<>();
        words.put("sequential", Allocation.SEQUENTIAL);
        words.put("random", Allocation.RANDOM);
        return new PrefixConfig(
                withoutHostBits(in, "prefixes.v4", DEFAULTS.v4),
                withoutHostBits(in, "prefixes.v6", DEFAULTS.v6),
                in.choice(
                        "prefixes.allocation",
                        words,
                        DEFAULTS.allocation,
                        DEFAULTS.allocation,
                        ConfigProblem.Severity.ERROR));
    }

    private static @Nullable IpPrefix withoutHostBits(Settings in, String key, @Nullable IpPrefix fallback) {
        IpPrefix written = in.prefix(key, fallback);
        if (written == null || written.equals(written.masked())) {
            return written;
        }
        in.report(ConfigProblem.warning(
                key, written.toString(), "has host bits, " + written.masked() + " is used", "write that"));
        return written.masked();
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (v4 == null && v6 == null) {
            problems.add(ConfigProblem.error(
                    "prefixes",
                    null,
                    "no IPv4 or IPv6 prefix configured, minimum one prefix is required",
                    "write prefixes.v4: " + STANDARD_V4 + " and prefixes.v6: " + STANDARD_V6));
        }
        check(problems, "prefixes.v4", v4, STANDARD_V4);
        check(problems, "prefixes.v6", v6, STANDARD_V6);
        return problems;
    }

    private static void check(List<ConfigProblem> problems, String key, @Nullable IpPrefix prefix, IpPrefix standard) {
        if (prefix == null) {
            return;
        }
        if (prefix.isV6() != standard.isV6()) {
            problems.add(ConfigProblem.error(
                    key,
                    prefix.toString(),
                    "a prefix of the other address family",
                    "write a prefix inside " + standard));
        } else if (!standard.contains(prefix)) {
            problems.add(ConfigProblem.warning(
                    key,
                    prefix.toString(),
                    "outside of " + standard
                            + ", the range that Tailscale clients expect: features that rely on it fail",
                    "write a prefix inside " + standard));
        }
    }
}
