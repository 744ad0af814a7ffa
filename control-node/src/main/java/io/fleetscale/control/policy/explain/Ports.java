package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.language.PortRange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Ports of one protocol, ends included. */
record Ports(int protocol, int first, int last) {
    /** As grants write it; what holds for TCP and UDP alike is written once, without a protocol. */
    static String text(Collection<Ports> ports) {
        SortedMap<Integer, List<PortRange>> byProtocol = new TreeMap<>();
        ports.stream()
                .sorted((one, other) -> Integer.compare(one.first(), other.first()))
                .forEach(range -> join(byProtocol, range));
        List<PortRange> tcp = byProtocol.get(Traffics.TCP);
        if (tcp != null && tcp.equals(byProtocol.get(Traffics.UDP))) {
            byProtocol.remove(Traffics.TCP);
            byProtocol.remove(Traffics.UDP);
            byProtocol.put(0, tcp);
        }
        return byProtocol.entrySet().stream()
                .flatMap(entry -> entry.getValue().stream().map(range -> prefix(entry) + Traffics.ports(range)))
                .collect(Collectors.joining(", "));
    }

    private static String prefix(Map.Entry<Integer, List<PortRange>> entry) {
        return entry.getKey() == 0 ? "" : Traffics.name(entry.getKey()) + ":";
    }

    private static void join(SortedMap<Integer, List<PortRange>> byProtocol, Ports next) {
        List<PortRange> known = byProtocol.computeIfAbsent(next.protocol(), absent -> new ArrayList<>());
        PortRange last = known.isEmpty() ? null : known.getLast();
        if (last != null && last.last() + 1 >= next.first()) {
            known.set(known.size() - 1, new PortRange(last.first(), Math.max(last.last(), next.last())));
        } else {
            known.add(new PortRange(next.first(), next.last()));
        }
    }
}
