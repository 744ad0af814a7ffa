package io.fleetscale.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How nodes get certificates for their names: an authority asks for a record in the DNS, which this server sets at the
 * authoritative server of the zone by an update (RFC 2136) that is signed with a key (TSIG, hmac-sha256).
 *
 * @param dnsServer {@code host:port}; empty: nodes get no certificates
 * @param zone that the names of nodes lie in; empty: the base domain
 * @param keyName of the TSIG key
 * @param keyPath file of its secret, base64
 */
public record NodeCertificateConfig(
        String dnsServer,
        String zone,
        String keyName,
        @Nullable Path keyPath) {
    private static final NodeCertificateConfig DEFAULTS = new NodeCertificateConfig("", "", "", null);
    private static final Pattern SERVER = Pattern.compile("(\\[[0-9a-fA-F:]+]|[^:\\s]+):[0-9]{1,5}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?");

    public static NodeCertificateConfig defaults() {
        return DEFAULTS;
    }

    static NodeCertificateConfig read(Settings in) {
        return new NodeCertificateConfig(
                in.text("node_certificates.dns_server", DEFAULTS.dnsServer),
                in.text("node_certificates.zone", DEFAULTS.zone),
                in.text("node_certificates.key_name", DEFAULTS.keyName),
                in.path("node_certificates.key_path", DEFAULTS.keyPath));
    }

    public boolean isEnabled() {
        return !dnsServer.isEmpty();
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (!isEnabled()) {
            return problems;
        }
        if (!SERVER.matcher(dnsServer).matches()) {
            problems.add(ConfigProblem.error(
                    "node_certificates.dns_server",
                    dnsServer,
                    "is no host with a port",
                    "write the authoritative server, such as ns1.example.com:53"));
        }
        if (!zone.isEmpty() && !NAME.matcher(zone).matches()) {
            problems.add(ConfigProblem.error(
                    "node_certificates.zone", zone, "is no domain", "write the zone, such as example.com"));
        }
        if (!NAME.matcher(keyName).matches()) {
            problems.add(ConfigProblem.error(
                    "node_certificates.key_name",
                    keyName,
                    "is no name of a key",
                    "write the name of the TSIG key, as the DNS server knows it"));
        }
        if (keyPath == null) {
            problems.add(ConfigProblem.error(
                    "node_certificates.key_path",
                    "",
                    "is missing",
                    "write the file that holds the key's secret in base64"));
        }
        return problems;
    }
}
