package io.fleetscale.control.dns;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.key.Bytes32;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The DNS configuration that the API set: the setting {@link Setting#DNS_OVERRIDE}. It stands before the configuration's; the
 * base domain and extra records stay the configuration's. Source: tailscale-api-v2 8.7.
 *
 * @param nameservers in their order
 * @param split by domain
 * @param searchPaths in their order
 */
public record DnsOverride(
        List<Server> nameservers,
        SortedMap<String, List<Server>> split,
        List<String> searchPaths,
        boolean overrideLocalDns,
        boolean magicDns) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** An address or a URL. */
    public record Server(String address, boolean useWithExitNode) {}

    public DnsOverride {
        nameservers = List.copyOf(nameservers);
        TreeMap<String, List<Server>> copy = new TreeMap<>();
        split.forEach((domain, servers) -> copy.put(domain, List.copyOf(servers)));
        split = Collections.unmodifiableSortedMap(copy);
        searchPaths = List.copyOf(searchPaths);
    }

    public static Optional<DnsOverride> of(TailnetImage image) {
        Setting setting = image.setting(Setting.DNS_OVERRIDE);
        if (setting == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readValue(setting.json(), DnsOverride.class));
        } catch (JacksonException e) {
            throw new IllegalArgumentException("setting " + Setting.DNS_OVERRIDE + ": " + e.getOriginalMessage(), e);
        }
    }

    /** What holds now, as the API shows and changes it. */
    public static DnsOverride current(TailnetImage image) {
        return of(image).orElseGet(() -> from(DnsSettings.of(image)));
    }

    private static DnsOverride from(DnsSettings settings) {
        TreeMap<String, List<Server>> split = new TreeMap<>();
        settings.split().forEach((domain, servers) -> split.put(domain, plain(servers)));
        return new DnsOverride(
                plain(settings.nameservers()),
                split,
                settings.searchDomains(),
                settings.overrideLocalDns(),
                settings.magicDns());
    }

    private static List<Server> plain(List<String> addresses) {
        return addresses.stream().map(address -> new Server(address, false)).toList();
    }

    DnsSettings over(DnsSettings base) {
        TreeMap<String, List<String>> servers = new TreeMap<>();
        Set<String> withExitNode = new HashSet<>();
        split.forEach((domain, list) -> servers.put(domain, addresses(list, withExitNode)));
        return new DnsSettings(
                magicDns,
                base.baseDomain(),
                overrideLocalDns,
                addresses(nameservers, withExitNode),
                servers,
                searchPaths,
                base.extraRecords(),
                withExitNode);
    }

    private static List<String> addresses(List<Server> servers, Set<String> withExitNode) {
        servers.stream().filter(Server::useWithExitNode).map(Server::address).forEach(withExitNode::add);
        return servers.stream().map(Server::address).toList();
    }

    public DnsOverride withNameservers(List<Server> servers, boolean magic) {
        return new DnsOverride(servers, split, searchPaths, overrideLocalDns, magic);
    }

    public DnsOverride withMagicDns(boolean magic) {
        return new DnsOverride(nameservers, split, searchPaths, overrideLocalDns, magic);
    }

    public DnsOverride withSearchPaths(List<String> paths) {
        return new DnsOverride(nameservers, split, paths, overrideLocalDns, magicDns);
    }

    public DnsOverride withSplit(SortedMap<String, List<Server>> servers) {
        return new DnsOverride(nameservers, servers, searchPaths, overrideLocalDns, magicDns);
    }

    public Change put() {
        return new Change.SettingPut(new Setting(Setting.DNS_OVERRIDE, Bytes32.ZERO, JSON.writeValueAsString(this)));
    }
}
