package io.fleetscale.control.policy.explain;

import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Who may log in by SSH under one policy and not under the other. Not thread-safe. Source: policy 5.1. */
final class SshDiff {
    private static final String ANY = "*";

    private final SenderIndex senders;
    private final Changes changes;
    private final IdentityHashMap<List<SshPolicy.Principal>, BitSet> known = new IdentityHashMap<>();

    SshDiff(SenderIndex senders, Changes changes) {
        this.senders = senders;
        this.changes = changes;
    }

    /** Notes what differs at a group's nodes. */
    void compare(Groups.Group group, SshPolicy before, SshPolicy after) {
        if (before.equals(after)) {
            return;
        }
        TreeSet<String> names = new TreeSet<>();
        before.rules().forEach(rule -> names.addAll(rule.users().keySet()));
        after.rules().forEach(rule -> names.addAll(rule.users().keySet()));
        for (String name : names) {
            Map<String, BitSet> was = logins(before, name);
            Map<String, BitSet> is = logins(after, name);
            TreeSet<String> ways = new TreeSet<>(was.keySet());
            ways.addAll(is.keySet());
            for (String way : ways) {
                BitSet old = was.getOrDefault(way, new BitSet());
                BitSet now = is.getOrDefault(way, new BitSet());
                note(group, true, Groups.without(now, old), way);
                note(group, false, Groups.without(old, now), way);
            }
        }
    }

    private void note(Groups.Group group, boolean gained, BitSet from, String way) {
        if (!from.isEmpty()) {
            changes.add(
                    Difference.Kind.SSH,
                    gained,
                    new Senders.OfFamily(from, Senders.NOBODY.outside()),
                    group.number(),
                    List.of(),
                    way);
        }
    }

    /** By how they get in, who may log in under a name; the first rule that names it counts. */
    private Map<String, BitSet> logins(SshPolicy policy, String name) {
        Map<String, BitSet> ways = new TreeMap<>();
        BitSet decided = new BitSet();
        for (SshPolicy.Rule rule : policy.rules()) {
            String local = local(rule, name);
            if (local == null || local.isEmpty()) {
                continue;
            }
            BitSet from = Groups.without(groupsOf(rule.principals()), decided);
            decided.or(from);
            String as = name.equals(ANY) ? "every other user but root" : name;
            String way = "as " + as + (local.equals("=") || local.equals(name) ? "" : " (account " + local + ")")
                    + (rule.action().holdAndDelegate().isEmpty() ? "" : " after a check");
            ways.computeIfAbsent(way, absent -> new BitSet()).or(from);
        }
        return ways;
    }

    private static @Nullable String local(SshPolicy.Rule rule, String name) {
        String named = rule.users().get(name);
        return named != null || name.equals("root") ? named : rule.users().get(ANY);
    }

    private BitSet groupsOf(List<SshPolicy.Principal> principals) {
        return known.computeIfAbsent(principals, absent -> {
            Senders all = senders.of(
                    principals.stream().map(SshPolicy.Principal::nodeIp).toList());
            BitSet both = (BitSet) all.ipv4().clone();
            both.or(all.ipv6());
            return both;
        });
    }
}
