package io.fleetscale.control.boot;

import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.nodecert.DnsUpdater;
import io.fleetscale.control.nodecert.SetDnsCall;
import io.fleetscale.control.nodecert.TsigKey;
import io.fleetscale.runtime.net.HostPort;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Locale;

/** Certificates for nodes: the zone, and the call that sets their records. */
final class NodeCertificates {
    private NodeCertificates() {}

    /** The zone in which records are set; empty: none are. */
    static String zone(ServerConfig config) {
        if (!config.nodeCertificates().isEnabled()) {
            return "";
        }
        String zone = config.nodeCertificates().zone();
        return (zone.isEmpty() ? config.dns().baseDomain() : zone).toLowerCase(Locale.ROOT);
    }

    /** @throws IOException if the file of the key cannot be used */
    static SetDnsCall call(ServerConfig config, Changelog changelog, InstantSource clock, SecureRandom random)
            throws IOException {
        Path key = config.nodeCertificates().keyPath();
        if (!config.nodeCertificates().isEnabled() || key == null) {
            return new SetDnsCall(changelog, null);
        }
        HostPort server = HostPort.parse(config.nodeCertificates().dnsServer());
        return new SetDnsCall(
                changelog,
                new DnsUpdater(
                        server::resolve,
                        zone(config),
                        TsigKey.read(config.nodeCertificates().keyName(), key),
                        clock,
                        random));
    }
}
