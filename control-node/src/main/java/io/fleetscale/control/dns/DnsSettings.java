package io.fleetscale.control.dns;

import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.DnsConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The setting {@code dns}: part of the tailnet's state, equal for all instances.
 *
 * @param magicDns whether names of nodes are answered
 * @param baseDomain without dots at its ends; empty only without MagicDNS
 * @param overrideLocalDns whether the global nameservers replace those of the node's network
 * @param nameservers addresses or URLs for all names
 * @param split nameservers by suffix
 * @param searchDomains after the base domain
 * @param withExitNode those of the nameservers that are asked also while an exit node is in use
 */
public record DnsSettings(
        boolean magicDns,
        String baseDomain,
        boolean overrideLocalDns,
        List<String> nameservers,
        SortedMap<String, List<String>> split,
        List<String> searchDomains,
        List<ExtraRecord> extraRecords,
        Set<String> withExitNode) {
    /** What a tailnet has until it is configured. */
    public static final DnsSettings DEFAULT =
            new DnsSettings(false, "", false, List.of(), new TreeMap<>(), List.of(), List.of(), Set.of());

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    public DnsSettings {
        nameservers = List.copyOf(nameservers);
        TreeMap<String, List<String>> copy = new TreeMap<>();
        split.forEach((suffix, servers) -> copy.put(suffix, List.copyOf(servers)));
        split = Collections.unmodifiableSortedMap(copy);
        searchDomains = List.copyOf(searchDomains);
        extraRecords = List.copyOf(extraRecords);
        withExitNode = withExitNode == null ? Set.of() : Set.copyOf(withExitNode); // absent in texts of older releases
    }

    /** Settings whose nameservers are not asked while an exit node is in use. */
    public DnsSettings(
            boolean magicDns,
            String baseDomain,
            boolean overrideLocalDns,
            List<String> nameservers,
            SortedMap<String, List<String>> split,
            List<String> searchDomains,
            List<ExtraRecord> extraRecords) {
        this(magicDns, baseDomain, overrideLocalDns, nameservers, split, searchDomains, extraRecords, Set.of());
    }

    /** What holds for the tailnet: the configuration's, with what the API changed of it. */
    public static DnsSettings of(TailnetImage image) {
        Setting configured = image.setting(Setting.DNS);
        DnsSettings base = configured == null ? DEFAULT : fromJson(configured.json());
        return DnsOverride.of(image).map(changed -> changed.over(base)).orElse(base);
    }

    /** A name that is answered beside those of the nodes. */
    public record ExtraRecord(String name, String type, String value) {}

    /**
     * Reads what {@link #toJson} wrote; fields of a newer release are passed over.
     *
     * @throws IllegalArgumentException if it is not such a text
     */
    public static DnsSettings fromJson(String json) {
        try {
            return JSON.readValue(json, DnsSettings.class);
        } catch (tools.jackson.core.JacksonException e) {
            throw new IllegalArgumentException("setting dns: " + e.getOriginalMessage(), e);
        }
    }

    public String toJson() {
        return JSON.writeValueAsString(this);
    }

    /** The full name of a node, with a dot at its end. */
    public String nameOf(String label) {
        return baseDomain.isEmpty() ? label + "." : label + "." + baseDomain + ".";
    }

    /** Whether nodes are told different things; else one rendering serves all. */
    public boolean isPerNode() {
        return nameservers.stream().anyMatch(NextDns::isNextDns)
                || split.values().stream().flatMap(List::stream).anyMatch(NextDns::isNextDns);
    }

    /** The names of services: their label below the base domain, at each of their addresses; none without MagicDNS. */
    public List<ExtraRecord> recordsOf(List<VipService> services) {
        return !magicDns || baseDomain.isEmpty()
                ? List.of()
                : services.stream()
                        .flatMap(service -> service.addrs().stream()
                                .map(address -> new ExtraRecord(service.label() + "." + baseDomain, "", address)))
                        .toList();
    }

    /** What a node is told without services. */
    public DnsConfig configFor(NextDns.Client client, CapabilityMap capabilities) {
        return configFor(client, capabilities, List.of());
    }

    /**
     * What a node is told; it matters which node for NextDNS, which is told the node's name and address, and for services.
     *
     * @param services names of those that the node may reach
     */
    public DnsConfig configFor(NextDns.Client client, CapabilityMap capabilities, List<ExtraRecord> services) {
        NextDns nextDns = NextDns.of(client, capabilities);
        List<DnsConfig.Resolver> global = resolvers(nextDns, nameservers);
        TreeMap<String, List<DnsConfig.Resolver>> routes = new TreeMap<>();
        split.forEach((suffix, servers) -> routes.put(suffix, resolvers(nextDns, servers)));
        List<String> domains = new ArrayList<>();
        if (magicDns && !baseDomain.isEmpty()) {
            routes.putIfAbsent(baseDomain, List.of());
        }
        if (!baseDomain.isEmpty()) {
            domains.add(baseDomain);
        }
        domains.addAll(searchDomains);
        return new DnsConfig(
                overrideLocalDns ? global : List.of(),
                routes,
                overrideLocalDns ? List.of() : global,
                domains,
                magicDns,
                List.of(),
                Stream.concat(extraRecords.stream(), services.stream())
                        .map(extra -> new DnsConfig.ExtraRecord(extra.name(), extra.type(), extra.value()))
                        .toList());
    }

    private List<DnsConfig.Resolver> resolvers(NextDns nextDns, List<String> servers) {
        if (withExitNode.isEmpty()) {
            return nextDns.resolvers(servers);
        }
        return servers.stream()
                .flatMap(server -> nextDns.resolvers(List.of(server)).stream()
                        .map(resolver -> withExitNode.contains(server) ? resolver.alsoWithExitNode() : resolver))
                .toList();
    }
}
