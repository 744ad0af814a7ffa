package io.fleetscale.wire.tailcfg;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a node resolves names. Source: control-protocol 6.6.
 *
 * @param resolvers for all names; not empty means that the node's own are not asked
 * @param routes by suffix without a leading dot; an empty list is answered by the client itself
 * @param fallbackResolvers used with an exit node that cannot answer
 * @param domains search domains without the dot at the end
 * @param proxied whether names of nodes are answered (MagicDNS)
 * @param certDomains names that the node may get certificates for
 */
public record DnsConfig(
        List<Resolver> resolvers,
        SortedMap<String, List<Resolver>> routes,
        List<Resolver> fallbackResolvers,
        List<String> domains,
        boolean proxied,
        List<String> certDomains,
        List<ExtraRecord> extraRecords) {

    public DnsConfig {
        resolvers = List.copyOf(resolvers);
        TreeMap<String, List<Resolver>> copy = new TreeMap<>();
        routes.forEach((suffix, list) -> copy.put(suffix, List.copyOf(list)));
        routes = Collections.unmodifiableSortedMap(copy);
        fallbackResolvers = List.copyOf(fallbackResolvers);
        domains = List.copyOf(domains);
        certDomains = List.copyOf(certDomains);
        extraRecords = List.copyOf(extraRecords);
    }

    /** The same with other names for certificates. */
    public DnsConfig withCertDomains(List<String> names) {
        return new DnsConfig(resolvers, routes, fallbackResolvers, domains, proxied, names, extraRecords);
    }

    /**
     * A resolver.
     *
     * @param address address, address and port, or URL of a resolver over HTTPS
     * @param useWithExitNode whether it is asked also while an exit node is in use
     */
    public record Resolver(String address, boolean useWithExitNode) {
        public Resolver(String address) {
            this(address, false);
        }

        /** The same, asked also while an exit node is in use. */
        public Resolver alsoWithExitNode() {
            return new Resolver(address, true);
        }

        void write(JsonWriter json) {
            json.beginObject().name("Addr").value(address);
            if (useWithExitNode) {
                json.name("UseWithExitNode").value(true);
            }
            json.endObject();
        }
    }

    /** A name beside those of the nodes; the type is A, AAAA or empty for whichever fits. */
    public record ExtraRecord(String name, String type, String value) {
        void write(JsonWriter json) {
            json.beginObject().name("Name").value(name);
            if (!type.isEmpty()) {
                json.name("Type").value(type);
            }
            json.name("Value").value(value).endObject();
        }
    }

    public void write(JsonWriter json) {
        json.beginObject();
        if (!resolvers.isEmpty()) {
            json.objects("Resolvers", resolvers, Resolver::write);
        }
        if (!routes.isEmpty()) {
            json.name("Routes").beginObject();
            routes.forEach((suffix, list) -> {
                json.escapedName(suffix).beginArray();
                list.forEach(resolver -> resolver.write(json));
                json.endArray();
            });
            json.endObject();
        }
        if (!fallbackResolvers.isEmpty()) {
            json.objects("FallbackResolvers", fallbackResolvers, Resolver::write);
        }
        if (!domains.isEmpty()) {
            json.texts("Domains", domains);
        }
        if (proxied) {
            json.name("Proxied").value(true);
        }
        if (!certDomains.isEmpty()) {
            json.texts("CertDomains", certDomains);
        }
        if (!extraRecords.isEmpty()) {
            json.objects("ExtraRecords", extraRecords, ExtraRecord::write);
        }
        json.endObject();
    }
}
