package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.FilterSources;
import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.control.policy.language.AddressRange;
import io.fleetscale.control.policy.language.AddressSet;
import io.fleetscale.wire.ip.IpAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads printed sources as groups of nodes; each list once. Not thread-safe. */
final class SenderIndex {
    private static final AddressSet ELSEWHERE = AddressSet.ALL.minus(AddressSet.TAILNET);

    private final Groups groups;
    private final Map<Fingerprint, Senders> known = new HashMap<>();

    SenderIndex(Groups groups) {
        this.groups = groups;
    }

    Senders of(FilterSources sources) {
        return known.computeIfAbsent(sources.fingerprint(), absent -> of(sources.list()));
    }

    Senders of(Collection<String> texts) {
        BitSet four = new BitSet();
        BitSet six = new BitSet();
        List<AddressRange> outside = new ArrayList<>();
        for (String text : texts) {
            if (text.equals("*")) {
                groups.all().forEach(group -> {
                    mark(group, group.first().ipv4(), four);
                    mark(group, group.first().ipv6(), six);
                });
                return new Senders(four, six, ELSEWHERE);
            }
            AddressRange range = AddressRange.parse(text);
            if (range.isSingle()) {
                int number = groups.at(range.first());
                if (number >= 0) {
                    (range.first().isV6() ? six : four).set(number);
                } else {
                    outside.add(range);
                }
            } else {
                // all nodes of a group lie within the same literals
                groups.all().forEach(group -> {
                    markIfIn(range, group, group.first().ipv4(), four);
                    markIfIn(range, group, group.first().ipv6(), six);
                });
                outside.add(range);
            }
        }
        return new Senders(
                four,
                six,
                outside.isEmpty() ? AddressSet.EMPTY : AddressSet.of(outside).minus(AddressSet.TAILNET));
    }

    private static void mark(Groups.Group group, @Nullable IpAddress address, BitSet bits) {
        if (address != null) {
            bits.set(group.number());
        }
    }

    private static void markIfIn(AddressRange range, Groups.Group group, @Nullable IpAddress address, BitSet bits) {
        if (address != null && range.first().isV6() == address.isV6() && range.contains(address)) {
            bits.set(group.number());
        }
    }
}
