package io.fleetscale.control.policy;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What may come in at one node: the template of its class with its own addresses put in. Made when it is needed; a session
 * keeps only the {@link FilterVersion}. Immutable and thread-safe. Source: policy 11.7.
 */
public final class PacketFilter {
    private final FilterTemplate template;
    private final @Nullable IpAddress ipv4;
    private final @Nullable IpAddress ipv6;

    public PacketFilter(FilterTemplate template, Node node) {
        this.template = template;
        this.ipv4 = node.ipv4();
        this.ipv6 = node.ipv6();
    }

    public FilterVersion version() {
        return new FilterVersion(template.manifest(), ipv4, ipv6);
    }

    /** What it shares with the other nodes of its class. */
    public FilterTemplate template() {
        return template;
    }

    /** Whether a client that holds {@code known} must be told something. */
    public boolean differsFrom(FilterVersion known) {
        return !known.hasAddresses(ipv4, ipv6) || !known.manifest().equals(template.manifest());
    }

    /** The rules in the order of the policy. */
    public List<FilterRule> rules() {
        return template.chunks().stream()
                .flatMap(chunk -> chunk.rules().stream())
                .sorted(Comparator.comparingInt(FilterChunk.Rule::position))
                .filter(rule -> rule.concerns(ipv4, ipv6))
                .map(rule -> rule.forNode(ipv4, ipv6))
                .toList();
    }

    /**
     * Writes the member {@code PacketFilters}, whose name the caller has written, as an object. Without {@code known} it clears
     * what the client may hold; else it names only the chunks that changed or are gone, and is an empty object, which says
     * "unchanged", if there are none. Source: control-protocol 6.9.
     *
     * @param known what the client holds for sure
     */
    public void write(JsonSink out, @Nullable FilterVersion known) {
        out.text().beginObject();
        if (known == null) {
            out.text().name("*").nullValue();
        }
        boolean sameAddresses = known == null || known.hasAddresses(ipv4, ipv6);
        for (FilterChunk chunk : template.chunks()) {
            Fingerprint held = known == null ? null : known.manifest().versionOf(chunk.name());
            if (!sameAddresses || !chunk.version().equals(held)) {
                writeChunk(out, chunk);
            }
        }
        if (template.chunks().isEmpty()
                && (known == null || !known.manifest().names().isEmpty())) {
            out.text().name(FilterChunk.BASE).beginArray().endArray();
        }
        if (known != null) {
            for (String name : known.manifest().names()) {
                if (template.manifest().versionOf(name) == null
                        && !(template.chunks().isEmpty() && name.equals(FilterChunk.BASE))) {
                    out.text().name(name).nullValue();
                }
            }
        }
        out.text().endObject();
    }

    private void writeChunk(JsonSink out, FilterChunk chunk) {
        out.text().name(chunk.name()).beginArray();
        for (FilterChunk.Rule rule : chunk.rules()) {
            if (rule.concerns(ipv4, ipv6)) {
                writeRule(out, rule);
            }
        }
        out.text().endArray();
    }

    private void writeRule(JsonSink out, FilterChunk.Rule rule) {
        out.text().beginObject().name("SrcIPs").beginArray();
        out.shared(rule.sources().json());
        JsonWriter json = out.text().endArray();
        if (!rule.targets().isEmpty()) {
            json.name("DstPorts").beginArray();
            for (FilterChunk.Target target : rule.targets()) {
                writeTarget(json, target);
            }
            json.endArray();
        }
        if (!rule.protocols().isEmpty()) {
            json.name("IPProto").beginArray();
            rule.protocols().forEach(protocol -> json.value((long) protocol));
            json.endArray();
        }
        if (!rule.grants().isEmpty()) {
            json.name("CapGrant").beginArray();
            for (FilterChunk.Grant grant : rule.grants()) {
                List<IpPrefix> places = grant.places(ipv4, ipv6);
                if (!places.isEmpty()) {
                    new FilterRule.CapGrant(places, grant.capabilities()).write(json);
                }
            }
            json.endArray();
        }
        json.endObject();
    }

    private void writeTarget(JsonWriter json, FilterChunk.Target target) {
        IpAddress own = switch (target.place()) {
            case WRITTEN -> null;
            case OWN_IPV4 -> ipv4;
            case OWN_IPV6 -> ipv6;
        };
        if (own == null && target.place() != FilterChunk.Place.WRITTEN) {
            return;
        }
        new FilterRule.Destination(
                        own == null ? target.written() : own.toString(), target.firstPort(), target.lastPort())
                .write(json);
    }
}
