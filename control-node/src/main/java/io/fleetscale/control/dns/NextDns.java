package io.fleetscale.control.dns;

import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.DnsConfig;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * NextDNS resolvers are told which node asks, and may have another profile per node. Source: headscale-surface 5.2, headscale
 * hscontrol/mapper/mapper.go.
 *
 * @param profile empty: as configured
 * @param metadata query parameters to add, sorted; empty: none
 */
public record NextDns(String profile, Map<String, String> metadata) {
    private static final String HOST = "https://dns.nextdns.io";
    private static final String PROFILE_CAPABILITY = "nextdns:";
    private static final String NO_METADATA = "nextdns:no-device-info";
    private static final Pattern PROFILE = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    /**
     * Who asks.
     *
     * @param os empty while unknown
     * @param address empty for a node without addresses
     */
    public record Client(String hostname, String os, String address) {}

    static boolean isNextDns(String server) {
        return server.equals(HOST) || server.startsWith(HOST + "/") || server.startsWith(HOST + "?");
    }

    static NextDns of(Client client, CapabilityMap capabilities) {
        String profile = capabilities.entries().keySet().stream()
                .filter(name -> name.startsWith(PROFILE_CAPABILITY) && !name.equals(NO_METADATA))
                .map(name -> name.substring(PROFILE_CAPABILITY.length()))
                .filter(name -> PROFILE.matcher(name).matches())
                .findFirst()
                .orElse("");
        TreeMap<String, String> metadata = new TreeMap<>();
        if (!capabilities.has(NO_METADATA)) {
            metadata.put("device_name", client.hostname());
            if (!client.os().isEmpty()) {
                metadata.put("device_model", client.os());
            }
            if (!client.address().isEmpty()) {
                metadata.put("device_ip", client.address());
            }
        }
        return new NextDns(profile, metadata);
    }

    List<DnsConfig.Resolver> resolvers(List<String> servers) {
        return servers.stream()
                .map(server -> new DnsConfig.Resolver(address(server)))
                .toList();
    }

    private String address(String server) {
        if (!isNextDns(server)) {
            return server;
        }
        String base = profile.isEmpty() ? server : HOST + "/" + profile;
        StringBuilder address = new StringBuilder(base);
        char separator = base.indexOf('?') < 0 ? '?' : '&';
        for (Map.Entry<String, String> parameter : metadata.entrySet()) {
            address.append(separator)
                    .append(parameter.getKey())
                    .append('=')
                    .append(URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8));
            separator = '&';
        }
        return address.toString();
    }
}
