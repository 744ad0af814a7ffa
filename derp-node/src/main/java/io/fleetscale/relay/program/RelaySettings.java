package io.fleetscale.relay.program;

import io.fleetscale.config.ListenAddress;
import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.relay.mesh.MeshAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a relay.
 *
 * @param hostname by which nodes are told to reach it: a DNS name or an IP literal; names the certificate
 * @param listen the main listener
 * @param httpListen plain HTTP beside TLS; null: none
 * @param stunListen UDP; null: none
 * @param metricsListen {@code /metrics}, {@code /livez}, {@code /readyz}; for operators only
 * @param dataDirectory holds the relay's key and the certificate that it makes for itself
 * @param tls how the main listener speaks
 * @param certificate PEM chain, with {@link Tls#FILES}
 * @param certificateKey PEM key, with {@link Tls#FILES}
 * @param acme with {@link Tls#ACME}
 * @param trustedProxies whose PROXY and forwarding headers are believed
 * @param verifyUrl who may use the relay; null: everybody
 * @param meshKeyFile one or two mesh keys; null: the relay does not mesh
 * @param meshWith the other relays of the region, possibly with this one among them
 * @param drainWindow over this time nodes are sent away when the relay stops or drains
 * @param receiveRate how fast one node may send
 * @param bootstrapNames names whose addresses the relay tells nodes without DNS
 * @param membership its place in a cluster; null: the relay stands alone
 * @param verifyFailOpen whether nodes are admitted while {@code verifyUrl} cannot be reached
 */
record RelaySettings(
        String hostname,
        ListenAddress listen,
        @Nullable ListenAddress httpListen,
        @Nullable ListenAddress stunListen,
        ListenAddress metricsListen,
        Path dataDirectory,
        Tls tls,
        @Nullable Path certificate,
        @Nullable Path certificateKey,
        @Nullable Acme acme,
        List<IpPrefix> trustedProxies,
        @Nullable URI verifyUrl,
        boolean verifyFailOpen,
        @Nullable Path meshKeyFile,
        Set<MeshAddress> meshWith,
        Duration drainWindow,
        ReceiveRate receiveRate,
        Set<String> bootstrapNames,
        @Nullable Membership membership) {
    /**
     * How the relay registers with control servers.
     *
     * @param servers base addresses, at least one
     * @param tokenFile of the secret
     * @param name unique in the DERP map
     * @param ipv4 empty: nodes look the host name up; {@code none}: has none
     * @param ipv6 as {@code ipv4}
     * @param advertisedPort 0: the one that it listens on
     */
    record Membership(
            List<URI> servers,
            Path tokenFile,
            String name,
            int regionId,
            String regionCode,
            String regionName,
            String ipv4,
            String ipv6,
            int advertisedPort) {}

    /** What takes effect at the next start only, by key. */
    Map<String, Object> fixed() {
        Map<String, Object> fixed = new LinkedHashMap<>();
        fixed.put(SettingsReader.HOSTNAME, hostname);
        fixed.put(SettingsReader.LISTEN, listen);
        fixed.put(SettingsReader.HTTP_LISTEN, Optional.ofNullable(httpListen));
        fixed.put(SettingsReader.STUN_LISTEN, Optional.ofNullable(stunListen));
        fixed.put(SettingsReader.METRICS_LISTEN, metricsListen);
        fixed.put(SettingsReader.DATA, dataDirectory);
        fixed.put(SettingsReader.TLS, tls);
        fixed.put(SettingsReader.CERTIFICATE, Optional.ofNullable(certificate));
        fixed.put(SettingsReader.CERTIFICATE_KEY, Optional.ofNullable(certificateKey));
        fixed.put("acme_...", Optional.ofNullable(acme));
        fixed.put(SettingsReader.MESH_KEY_FILE, Optional.ofNullable(meshKeyFile));
        fixed.put(SettingsReader.DRAIN_WINDOW, drainWindow);
        fixed.put(SettingsReader.BOOTSTRAP_NAMES, bootstrapNames);
        fixed.put("the keys of the region and of control_url", Optional.ofNullable(membership));
        return fixed;
    }

    /**
     * What is ordered from an ACME server.
     *
     * @param directory of the server
     * @param email empty: none
     * @param byTls the name is checked on the main listener (TLS-ALPN-01), otherwise on the plain one (HTTP-01)
     */
    record Acme(URI directory, String email, boolean byTls) {}

    /** How the main listener speaks. */
    enum Tls {
        /** A certificate that the relay makes; the DERP map pins it by its hash. */
        SELF_SIGNED,
        /** Files that others renew. */
        FILES,
        /** Ordered from an ACME server, and renewed. */
        ACME,
        /** Plain HTTP, for a relay behind a proxy that ends TLS. */
        OFF
    }
}
