package io.fleetscale.control.policy.engine;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Answers the questions about who a node is. Filled once, then immutable and thread-safe. Source: policy 2.4, 2.6. */
final class Principals {
    private final Map<String, Set<Integer>> byLogin = new HashMap<>();
    private final Map<String, Set<Integer>> byDomain = new HashMap<>();
    private final Map<String, Set<Integer>> byTag = new HashMap<>();
    private final TreeSet<Integer> members = new TreeSet<>();
    private final TreeSet<Integer> tagged = new TreeSet<>();
    private final Map<String, Set<Integer>> byRole = new HashMap<>();

    void addLogins(int token, Collection<String> logins) {
        for (String login : logins) {
            tokens(byLogin, login).add(token);
            tokens(byLogin, anyCase(login)).add(token);
        }
    }

    /** The key for what is compared without regard to case; provider identifiers are compared as they are. */
    static String anyCase(String login) {
        return '~' + login.toLowerCase(Locale.ROOT);
    }

    void addDomain(int token, String domain) {
        tokens(byDomain, domain.toLowerCase(Locale.ROOT)).add(token);
    }

    void addTag(int token, String tag) {
        tokens(byTag, tag).add(token);
    }

    void addMembers(int token) {
        members.add(token);
    }

    void addTagged(int token) {
        tagged.add(token);
    }

    /** @param roles whose holders it means, as the policy spells them */
    void addRoles(int token, Collection<String> roles) {
        roles.forEach(role -> tokens(byRole, role).add(token));
    }

    private static Set<Integer> tokens(Map<String, Set<Integer>> map, String key) {
        return map.computeIfAbsent(key, absent -> new TreeSet<>());
    }

    /** The tokens that hold for untagged nodes of a user, ascending. */
    int[] of(Owner owner) {
        TreeSet<Integer> found = new TreeSet<>(members);
        for (String login : owner.logins()) {
            found.addAll(byLogin.getOrDefault(login, NONE));
        }
        if (!owner.domain().isEmpty()) {
            found.addAll(byDomain.getOrDefault(owner.domain().toLowerCase(Locale.ROOT), NONE));
        }
        found.addAll(byRole.getOrDefault(owner.role(), NONE));
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The tokens that hold for nodes with these tags, ascending. */
    int[] ofTags(List<String> tags) {
        TreeSet<Integer> found = new TreeSet<>(tagged);
        for (String tag : tags) {
            found.addAll(byTag.getOrDefault(tag, NONE));
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    private static final Set<Integer> NONE = Set.of();

    /**
     * A user as the policy may name it.
     *
     * @param logins all keys that mean the user or a group of its identity provider
     * @param domain of the login, empty if it has none
     */
    record Owner(Set<String> logins, String domain, String role) {}
}
