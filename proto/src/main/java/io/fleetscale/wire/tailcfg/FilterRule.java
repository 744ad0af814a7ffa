package io.fleetscale.wire.tailcfg;

import io.fleetscale.wire.ip.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

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
    public record Destination(String address, int firstPort, int lastPort) {
        public void write(JsonWriter json) {
            json.beginObject().name("IP").value(address);
            json.name("Ports").beginObject();
            json.name("First").value(firstPort);
            json.name("Last").value(lastPort);
            json.endObject().endObject();
        }
    }

    /**
     * What the sources may do at the destinations beyond sending packets.
     *
     * @param capabilities name to JSON text, {@code null} or an array, which are not the same to a client
     */
    public record CapGrant(List<IpPrefix> destinations, SortedMap<String, String> capabilities) {
        public CapGrant {
            destinations = List.copyOf(destinations);
            capabilities = Collections.unmodifiableSortedMap(new TreeMap<>(capabilities));
        }

        public void write(JsonWriter json) {
            json.beginObject().plainTexts("Dsts", destinations);
            json.name("CapMap").beginObject();
            capabilities.forEach((name, value) -> json.escapedName(name).raw(value.getBytes(StandardCharsets.UTF_8)));
            json.endObject().endObject();
        }
    }

    public void write(JsonWriter json) {
        json.beginObject();
        json.texts("SrcIPs", sources);
        if (!destinations.isEmpty()) {
            json.objects("DstPorts", destinations, Destination::write);
        }
        if (!protocols.isEmpty()) {
            json.name("IPProto").beginArray();
            protocols.forEach(protocol -> json.value((long) protocol));
            json.endArray();
        }
        if (!grants.isEmpty()) {
            json.objects("CapGrant", grants, CapGrant::write);
        }
        json.endObject();
    }
}
