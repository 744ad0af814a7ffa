package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.FilterChunk;
import io.fleetscale.control.policy.FilterTemplate;
import io.fleetscale.control.policy.language.AddressRange;
import io.fleetscale.control.policy.language.AddressSet;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What two packet filters of one node let through differently. Cuts what lies at the node and the ports into pieces on which
 * each rule applies wholly or not at all; so rules that are written otherwise but say the same make no difference. Traffic of
 * rules without a protocol counts as TCP and UDP: clients let ICMP through where anything may go. Source: policy 3.11.
 */
final class FilterDiff {
    private static final List<Integer> UNNAMED = List.of(Traffics.TCP, Traffics.UDP);

    private final SenderIndex senders;
    private final Changes changes;

    FilterDiff(SenderIndex senders, Changes changes) {
        this.senders = senders;
        this.changes = changes;
    }

    private record Access(Senders from, AddressSet to, int protocol, int first, int last) {}

    /** Notes what differs at a group's first node. */
    void compare(Groups.Group group, FilterTemplate before, FilterTemplate after) {
        if (before.isSameAs(after)) {
            return;
        }
        packets(group, before, after);
        applications(group, before, after);
    }

    private void packets(Groups.Group group, FilterTemplate before, FilterTemplate after) {
        Node node = group.first();
        AddressSet reach = reachOf(node);
        List<Access> old = accesses(before, node, reach);
        List<Access> now = accesses(after, node, reach);
        Map<AddressRange, Piece> pieces = pieces(old, now);
        Map<What, List<AddressRange>> found = new LinkedHashMap<>();
        pieces.forEach((range, piece) -> piece.differences(range.first().isV6())
                .forEach((key, traffic) -> found.computeIfAbsent(
                                new What(key.gained(), key.from(), Ports.text(traffic)), absent -> new ArrayList<>())
                        .add(range)));
        found.forEach((what, ranges) -> note(group, node, what, ranges, found));
    }

    private record What(boolean gained, Senders.OfFamily from, String traffic) {}

    private void note(
            Groups.Group group, Node node, What what, List<AddressRange> ranges, Map<What, List<AddressRange>> found) {
        List<AddressRange> behind = new ArrayList<>();
        boolean itself = false;
        for (AddressRange range : ranges) {
            if (range.isSingle() && node.addresses().contains(range.first())) {
                itself |= !range.first().isV6() || !isCovered(node, what, found);
            } else {
                behind.add(range);
            }
        }
        if (itself) {
            changes.add(Difference.Kind.TRAFFIC, what.gained(), what.from(), group.number(), List.of(), what.traffic());
        }
        if (!behind.isEmpty()) {
            changes.add(
                    Difference.Kind.TRAFFIC,
                    what.gained(),
                    what.from(),
                    group.number(),
                    AddressSet.of(behind).ranges().stream()
                            .map(AddressRange::toString)
                            .toList(),
                    what.traffic());
        }
    }

    /** Whether the same is said of the IPv4 address already: most nodes have both, and one line is enough. */
    private static boolean isCovered(Node node, What what, Map<What, List<AddressRange>> found) {
        IpAddress four = node.ipv4();
        if (four == null) {
            return false;
        }
        AddressRange own = AddressRange.of(four);
        return found.entrySet().stream().anyMatch(entry -> {
            What other = entry.getKey();
            return other.gained() == what.gained()
                    && other.traffic().equals(what.traffic())
                    && entry.getValue().contains(own)
                    && Groups.without(what.from().groups(), other.from().groups())
                            .isEmpty()
                    && what.from().outside().isEmpty();
        });
    }

    /** What packets can be meant for that come in at a node. */
    private static AddressSet reachOf(Node node) {
        List<AddressRange> ranges = new ArrayList<>();
        node.addresses().forEach(address -> ranges.add(AddressRange.of(address)));
        for (IpPrefix route : Judge.approved(node)) {
            if (!route.isAll()) {
                ranges.add(AddressRange.of(route));
            }
        }
        node.servedAddresses().forEach(address -> ranges.add(AddressRange.of(address)));
        AddressSet own = AddressSet.of(ranges);
        return Judge.isExit(node) ? own.plus(AddressSet.INTERNET) : own;
    }

    private List<Access> accesses(FilterTemplate template, Node node, AddressSet reach) {
        List<Access> accesses = new ArrayList<>();
        for (FilterChunk chunk : template.chunks()) {
            for (FilterChunk.Rule rule : chunk.rules()) {
                if (rule.targets().isEmpty()) {
                    continue;
                }
                Senders from = senders.of(rule.sources());
                List<Integer> protocols = rule.protocols().isEmpty() ? UNNAMED : rule.protocols();
                for (FilterChunk.Target target : rule.targets()) {
                    AddressSet to = to(target, node, reach);
                    if (!to.isEmpty()) {
                        protocols.forEach(protocol ->
                                accesses.add(new Access(from, to, protocol, target.firstPort(), target.lastPort())));
                    }
                }
            }
        }
        return accesses;
    }

    private static AddressSet to(FilterChunk.Target target, Node node, AddressSet reach) {
        IpAddress own = switch (target.place()) {
            case WRITTEN -> null;
            case OWN_IPV4 -> node.ipv4();
            case OWN_IPV6 -> node.ipv6();
        };
        if (own != null) {
            return AddressSet.of(AddressRange.of(own));
        }
        if (target.place() != FilterChunk.Place.WRITTEN) {
            return AddressSet.EMPTY;
        }
        return target.written().equals("*")
                ? reach
                : reach.intersect(AddressSet.of(AddressRange.parse(target.written())));
    }

    private static Map<AddressRange, Piece> pieces(List<Access> old, List<Access> now) {
        TreeSet<IpAddress> starts = new TreeSet<>();
        for (List<Access> accesses : List.of(old, now)) {
            for (Access access : accesses) {
                access.to().ranges().forEach(range -> {
                    starts.add(range.first());
                    starts.add(range.last().next());
                });
            }
        }
        Map<AddressRange, Piece> pieces = new LinkedHashMap<>();
        old.forEach(access -> put(access, starts, pieces, true));
        now.forEach(access -> put(access, starts, pieces, false));
        return pieces;
    }

    private static void put(
            Access access, NavigableSet<IpAddress> starts, Map<AddressRange, Piece> pieces, boolean before) {
        for (AddressRange range : access.to().ranges()) {
            IpAddress start = range.first();
            while (start.compareTo(range.last()) <= 0) {
                IpAddress next = starts.higher(start);
                boolean within = next != null && next.isV6() == start.isV6() && next.compareTo(range.last()) <= 0;
                IpAddress end = within && next != null ? next.previous() : range.last();
                Piece piece = pieces.computeIfAbsent(new AddressRange(start, end), absent -> new Piece());
                (before ? piece.old : piece.now).add(access);
                if (!within || next == null) {
                    break;
                }
                start = next;
            }
        }
    }

    /** @param from those who gain or lose */
    private record SideKey(boolean gained, Senders.OfFamily from) {}

    /** A part of what lies at the node that each rule covers wholly or not at all. */
    private static final class Piece {
        private final List<Access> old = new ArrayList<>();
        private final List<Access> now = new ArrayList<>();

        Map<SideKey, List<Ports>> differences(boolean isV6) {
            Map<SideKey, List<Ports>> found = new LinkedHashMap<>();
            SortedMap<Integer, TreeSet<Integer>> cuts = new TreeMap<>();
            for (List<Access> accesses : List.of(old, now)) {
                for (Access access : accesses) {
                    TreeSet<Integer> ports = cuts.computeIfAbsent(access.protocol(), absent -> new TreeSet<>());
                    ports.add(access.first());
                    ports.add(access.last() + 1);
                }
            }
            cuts.forEach((protocol, ports) -> {
                Integer first = null;
                for (int port : ports) {
                    if (first != null) {
                        Ports between = new Ports(protocol, first, port - 1);
                        Set<Senders> from = senders(old, between);
                        Set<Senders> to = senders(now, between);
                        if (!from.equals(to)) {
                            Senders.OfFamily was = Senders.union(from, isV6);
                            Senders.OfFamily is = Senders.union(to, isV6);
                            add(found, true, is.without(was), between);
                            add(found, false, was.without(is), between);
                        }
                    }
                    first = port;
                }
            });
            return found;
        }

        private static void add(Map<SideKey, List<Ports>> found, boolean gained, Senders.OfFamily from, Ports ports) {
            if (!from.isEmpty()) {
                found.computeIfAbsent(new SideKey(gained, from), absent -> new ArrayList<>())
                        .add(ports);
            }
        }

        /** By identity: equal lists are read once. */
        private static Set<Senders> senders(List<Access> accesses, Ports ports) {
            Set<Senders> all = Collections.newSetFromMap(new IdentityHashMap<>());
            for (Access access : accesses) {
                if (access.protocol() == ports.protocol()
                        && access.first() <= ports.first()
                        && ports.last() <= access.last()) {
                    all.add(access.from());
                }
            }
            return all;
        }
    }

    private void applications(Groups.Group group, FilterTemplate before, FilterTemplate after) {
        Map<String, Senders> old = grants(before);
        Map<String, Senders> now = grants(after);
        TreeSet<String> all = new TreeSet<>(old.keySet());
        all.addAll(now.keySet());
        boolean isV6 = group.first().ipv4() == null;
        for (String capability : all) {
            Senders.OfFamily was = old.getOrDefault(capability, Senders.NOBODY).ofFamily(isV6);
            Senders.OfFamily is = now.getOrDefault(capability, Senders.NOBODY).ofFamily(isV6);
            noteApplication(group, true, is.without(was), capability);
            noteApplication(group, false, was.without(is), capability);
        }
    }

    private void noteApplication(Groups.Group group, boolean gained, Senders.OfFamily from, String capability) {
        if (!from.isEmpty()) {
            changes.add(Difference.Kind.APPLICATION, gained, from, group.number(), List.of(), capability);
        }
    }

    private Map<String, Senders> grants(FilterTemplate template) {
        Map<String, Senders> grants = new HashMap<>();
        for (FilterChunk chunk : template.chunks()) {
            for (FilterChunk.Rule rule : chunk.rules()) {
                for (FilterChunk.Grant grant : rule.grants()) {
                    grant.capabilities()
                            .forEach((name, values) -> grants.merge(
                                    values.equals("null") ? name : name + " " + values,
                                    senders.of(rule.sources()),
                                    Senders::plus));
                }
            }
        }
        return grants;
    }
}
