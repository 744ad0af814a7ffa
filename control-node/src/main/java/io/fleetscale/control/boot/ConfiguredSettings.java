package io.fleetscale.control.boot;

import io.fleetscale.config.DnsConfig;
import io.fleetscale.config.NodeConfig;
import io.fleetscale.config.PrefixConfig;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.address.AddressSettings;
import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.node.NodeDefaults;
import io.fleetscale.control.tailnet.Setting;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The settings of the tailnet as this instance's configuration has them, each in its feature's form. */
final class ConfiguredSettings {
    private ConfiguredSettings() {}

    /**
     * All settings that come from the configuration alone; the DERP map is loaded by its own feature.
     *
     * @param extraRecords of the configuration or of the file that it names
     */
    static Map<String, String> of(ServerConfig config, List<DnsSettings.ExtraRecord> extraRecords) {
        Map<String, String> settings = new TreeMap<>();
        settings.put(Setting.PREFIXES, addresses(config.prefixes()).toJson());
        settings.put(Setting.DNS, dns(config.dns(), extraRecords).toJson());
        settings.put(Setting.NODE_DEFAULTS, nodes(config.node(), config.dns()).toJson());
        return settings;
    }

    private static AddressSettings addresses(PrefixConfig prefixes) {
        return new AddressSettings(
                prefixes.v4(),
                prefixes.v6(),
                switch (prefixes.allocation()) {
                    case SEQUENTIAL -> AddressSettings.Allocation.SEQUENTIAL;
                    case RANDOM -> AddressSettings.Allocation.RANDOM;
                });
    }

    /** The records that stand in the configuration itself. */
    static List<DnsSettings.ExtraRecord> extraRecords(DnsConfig dns) {
        return dns.extraRecords().stream()
                .map(extra -> new DnsSettings.ExtraRecord(extra.name(), extra.type(), extra.value()))
                .toList();
    }

    static DnsSettings dns(DnsConfig dns, List<DnsSettings.ExtraRecord> extraRecords) {
        return new DnsSettings(
                dns.magicDns(),
                dns.baseDomain(),
                dns.overrideLocalDns(),
                dns.globalNameservers(),
                new TreeMap<>(dns.splitNameservers()),
                dns.searchDomains(),
                extraRecords);
    }

    private static NodeDefaults nodes(NodeConfig nodes, DnsConfig dns) {
        return new NodeDefaults(nodes.expiry(), nodes.ephemeralInactivityTimeout(), dns.baseDomain());
    }
}
