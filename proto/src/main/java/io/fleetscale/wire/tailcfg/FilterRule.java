package io.fleetscale.wire.tailcfg;

import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;

/**
 * What may come in at a node. Either destinations or capability grants. Source: control-protocol 6.9.
 *
 * @param sources address, prefix without host bits, range, {@code *} or {@code cap:...}
 * @param protocols empty: TCP, UDP and ICMP
 */
public record FilterRule(
        List<String> sources, List<Destination> destinations, List<Integer> protocols, List<CapGrant> grants) {
    /** Anybody to any port of any address. */
    public static final FilterRule ALLOW_ALL =
            new FilterRule(List.of("*"), List.of(new Destination("*", 0, 65535)), List.of(), List.of());

    public FilterRule {
        sources = List.copyOf(sources);
        destinations = List.copyOf(destinations);
        protocols = List.copyOf(protocols);
        grants = List.copyOf(grants);
    }

    /** Ports of an address, prefix, range or {@code *}. */
    public record Destination(String address, int firstPort, int lastPort) {}

    /** What the sources may do at the destinations beyond sending packets. */
    public record CapGrant(List<IpPrefix> destinations, CapabilityMap capabilities) {
        public CapGrant {
            destinations = List.copyOf(destinations);
        }
    }

    public void write(JsonWriter json) {
        json.beginObject();
        json.texts("SrcIPs", sources);
        if (!destinations.isEmpty()) {
            json.objects("DstPorts", destinations, (destination, out) -> {
                out.beginObject().name("IP").value(destination.address());
                out.name("Ports").beginObject();
                out.name("First").value(destination.firstPort());
                out.name("Last").value(destination.lastPort());
                out.endObject().endObject();
            });
        }
        if (!protocols.isEmpty()) {
            json.name("IPProto").beginArray();
            protocols.forEach(protocol -> json.value((long) protocol));
            json.endArray();
        }
        if (!grants.isEmpty()) {
            json.objects("CapGrant", grants, (grant, out) -> {
                out.beginObject().plainTexts("Dsts", grant.destinations());
                out.name("CapMap");
                grant.capabilities().write(out);
                out.endObject();
            });
        }
        json.endObject();
    }
}
