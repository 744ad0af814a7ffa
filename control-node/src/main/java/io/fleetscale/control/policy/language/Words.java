package io.fleetscale.control.policy.language;

import io.fleetscale.control.policy.hujson.Position;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the words of one policy denote: literals by themselves, the rest by its groups, tags, hosts and IP sets. Each word is
 * looked at once. Source: policy 2.1. Not thread-safe.
 */
final class Words {
    /** {@code autogroup:internet} as rules name it. Source: policy 2.3. */
    static final List<String> INTERNET = List.of(
            "0.0.0.0-9.255.255.255",
            "11.0.0.0-100.63.255.255",
            "100.128.0.0-169.253.255.255",
            "169.255.0.0-172.15.255.255",
            "172.32.0.0-192.167.255.255",
            "192.169.0.0-255.255.255.255",
            "2000::-3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

    private static final String AUTOGROUP = "autogroup:";
    private static final String MEMBER = "autogroup:member";
    /** The former spelling; a policy may not have both. Source: policy 1.4. */
    private static final String MEMBERS = "autogroup:members";

    private static final Set<String> AUTOGROUPS = Set.of(
            "autogroup:member",
            "autogroup:members",
            "autogroup:tagged",
            "autogroup:self",
            "autogroup:internet",
            "autogroup:danger-all",
            "autogroup:shared",
            "autogroup:owner",
            "autogroup:admin",
            "autogroup:network-admin",
            "autogroup:it-admin",
            "autogroup:billing-admin",
            "autogroup:auditor");

    private static final Pattern SERVICE = Pattern.compile("svc:[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?");

    private final Map<String, Alias> known = new HashMap<>();
    private final Map<String, Alias.Group> groups;
    private final Map<String, String> hosts;
    private final Map<String, List<String>> ipSets;
    private final Predicate<String> isTag;

    Words(
            Map<String, Alias.Group> groups,
            Map<String, String> hosts,
            Map<String, List<String>> ipSets,
            Predicate<String> isTag) {
        this.groups = groups;
        this.hosts = hosts;
        this.ipSets = ipSets;
        this.isTag = isTag;
    }

    boolean isTagDefined(String tag) {
        return isTag.test(tag);
    }

    boolean isHost(String name) {
        return hosts.containsKey(name);
    }

    /**
     * What a trimmed word denotes; whether a tag has owners is the caller's question.
     *
     * @throws PolicyException if it denotes nothing that the policy knows
     */
    Alias alias(Position at, String word) throws PolicyException {
        Alias alias = known.get(word);
        if (alias == null) {
            alias = classify(at, word);
            known.put(word, alias);
            if (known.containsKey(MEMBER) && known.containsKey(MEMBERS)) {
                throw new PolicyException(at, MEMBERS + " and " + MEMBER + " are the same: write " + MEMBER);
            }
        }
        return alias;
    }

    private Alias classify(Position at, String word) throws PolicyException {
        Alias literal = literal(word);
        if (literal != null) {
            return literal;
        }
        if (word.equals("*")) {
            return new Alias.Any(word);
        }
        if (word.startsWith(AUTOGROUP)) {
            return autogroup(at, word);
        }
        if (word.startsWith("group:")) {
            Alias.Group group = groups.get(word);
            if (group != null) {
                return group;
            }
            if (word.indexOf('@') > 0) {
                return new Alias.Group(word, List.of()); // synced: the identity provider knows its members
            }
            throw new PolicyException(at, "group not defined in policy: \"" + word + "\"" + oddity(word));
        }
        if (word.startsWith("tag:")) {
            return new Alias.Tag(word);
        }
        if (word.startsWith("user:*@")) {
            return new Alias.Domain(word, word.substring("user:*@".length()));
        }
        if (word.startsWith("ipset:")) {
            List<String> ranges = ipSets.get(word);
            if (ranges == null) {
                throw new PolicyException(at, "ipset not defined in policy: \"" + word + "\"");
            }
            return new Alias.Literal(word, Alias.Literal.Kind.IP_SET, ranges);
        }
        if (word.startsWith("svc:")) {
            requireService(at, word);
            return new Alias.Service(word);
        }
        if (word.indexOf('@') >= 0) {
            return new Alias.Login(word);
        }
        String host = hosts.get(word);
        if (host == null) {
            throw new PolicyException(at, "host not defined in policy: \"" + word + "\"" + oddity(word));
        }
        return new Alias.Literal(word, Alias.Literal.Kind.HOST, List.of(host));
    }

    /** A service is named by one DNS label. Source: policy 1.5. */
    static void requireService(Position at, String word) throws PolicyException {
        if (!SERVICE.matcher(word).matches()) {
            throw new PolicyException(
                    at, "\"" + word + "\" is no name of a service: it must be svc: and one DNS label" + oddity(word));
        }
    }

    /** Names a character that may only look like the letter that was meant; empty if there is none. */
    private static String oddity(String word) {
        return word.codePoints()
                .filter(c -> c > 0x7E)
                .mapToObj(c -> String.format(
                        Locale.ROOT, " (its character '%s' is U+%04X: is that meant?)", Character.toString(c), c))
                .findFirst()
                .orElse("");
    }

    /** An address or a prefix, brackets around IPv6 allowed; null for every other word. */
    static Alias.@Nullable Literal literal(String word) {
        int bracket = word.startsWith("[") && word.indexOf(':') >= 0 ? word.indexOf(']') : -1;
        String bare = bracket < 0 ? word : word.substring(1, bracket) + word.substring(bracket + 1);
        try {
            if (bare.indexOf('/') < 0) {
                return new Alias.Literal(
                        word,
                        Alias.Literal.Kind.ADDRESS,
                        List.of(IpAddress.parse(bare).toString()));
            }
            IpPrefix prefix = IpPrefix.parse(bare);
            return new Alias.Literal(word, Alias.Literal.Kind.PREFIX, List.of(printed(prefix)));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** A prefix as rules name it: without its length when it is one address. */
    static String printed(IpPrefix prefix) {
        return prefix.isSingle() ? prefix.address().toString() : prefix.toString();
    }

    private static Alias autogroup(Position at, String word) throws PolicyException {
        return switch (word) {
            case "autogroup:member", "autogroup:members" -> new Alias.Members(word);
            case "autogroup:tagged" -> new Alias.Tagged(word);
            case "autogroup:self" -> new Alias.Self(word);
            case "autogroup:internet" -> new Alias.Internet(word);
            case "autogroup:danger-all" -> new Alias.DangerAll(word);
            case "autogroup:shared" -> new Alias.Shared(word);
            case "autogroup:admin" -> new Alias.Roles(word, Set.of("owner", "admin"));
            case "autogroup:owner",
                    "autogroup:network-admin",
                    "autogroup:it-admin",
                    "autogroup:billing-admin",
                    "autogroup:auditor" -> new Alias.Roles(word, Set.of(word.substring(AUTOGROUP.length())));
            default ->
                throw new PolicyException(
                        at,
                        "invalid autogroup: got \"" + word + "\", must be one of "
                                + String.join(", ", new TreeSet<>(AUTOGROUPS)));
        };
    }
}
