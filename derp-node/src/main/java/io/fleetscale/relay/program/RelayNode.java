package io.fleetscale.relay.program;

import io.fleetscale.config.ListenAddress;
import io.fleetscale.relay.DerpRelay;
import io.fleetscale.relay.RelayConfig;
import io.fleetscale.relay.RelayIdentity;
import io.fleetscale.relay.admission.Admission;
import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.relay.admission.VerifyUrl;
import io.fleetscale.relay.http.BootstrapNames;
import io.fleetscale.relay.listener.RelayListener;
import io.fleetscale.relay.mesh.Mesh;
import io.fleetscale.relay.stun.StunServer;
import io.fleetscale.relay.tls.RelayCertificate;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.metrics.Metrics;
import io.fleetscale.runtime.metrics.MonitoringServer;
import io.fleetscale.runtime.metrics.Readiness;
import io.fleetscale.runtime.net.ClientAddress;
import io.fleetscale.runtime.net.HostPort;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.runtime.tls.CertifiedKey;
import io.fleetscale.runtime.tls.PemFiles;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A relay that runs by itself: what it is made of, and the order in which the parts start and stop. Started by one thread;
 * {@link #stop} may come from another.
 */
final class RelayNode {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    private final RelaySettings settings;
    private final String version;
    private final InstantSource clock = InstantSource.system();
    private final Lifecycle lifecycle = new Lifecycle();
    private volatile Readiness readiness = Readiness.of(Readiness.State.STARTING, "starting");

    RelayNode(RelaySettings settings, String version) {
        this.settings = settings;
        this.version = version;
    }

    /**
     * A relay that accepts nodes.
     *
     * @param stun null: none
     * @param pin value of {@code CertName} in the DERP map; empty: the certificate is checked against the usual roots
     */
    record Running(
            InetSocketAddress relay,
            @Nullable InetSocketAddress plain,
            @Nullable InetSocketAddress stun,
            InetSocketAddress metrics,
            String publicKey,
            String pin) {}

    /**
     * Starts everything; what had started is stopped again when a part fails.
     *
     * @throws Exception with a message for people
     */
    Running start() throws Exception {
        Metrics metrics = Metrics.ofProcess("derp-node", version);
        lifecycle.add("metrics registry", () -> {}, metrics::close, STOP_LIMIT);
        Transport transport = Transport.best("relay", 0);
        lifecycle.add("transport", () -> {}, transport::close, STOP_LIMIT);
        ListenAddress metricsListen = settings.metricsListen();
        MonitoringServer monitoring = new MonitoringServer(
                List.of(new HostPort(metricsListen.host(), metricsListen.port())),
                transport,
                metrics.registry(),
                () -> readiness);
        lifecycle.add("metrics listener", monitoring::start, monitoring::close, STOP_LIMIT);
        lifecycle.start();
        try {
            return startRelay(metrics, transport, monitoring);
        } catch (Exception e) {
            Lifecycle.End unused = lifecycle.stop();
            throw e;
        }
    }

    private Running startRelay(Metrics metrics, Transport transport, MonitoringServer monitoring) throws Exception {
        Path data = settings.dataDirectory();
        Files.createDirectories(data);
        RelayConfig config = RelayConfig.withDefaults(RelayIdentity.loadOrCreate(data.resolve("derp.key")))
                .withDrainWindow(settings.drainWindow())
                .withReceiveRate(settings.receiveRate());
        RelaySettings.Membership membership = settings.membership();
        ClusterPart cluster =
                membership == null ? null : new ClusterPart(membership, lifecycle, settings.drainWindow(), version);
        Admission admission = admission(cluster);
        DerpRelay relay =
                new DerpRelay(config, cluster == null ? admission : cluster.admission(admission), metrics.registry());
        // Stopped after the relay: packets are forwarded until the last node has gone.
        startMesh(relay, transport);
        Mesh clusterMesh = cluster == null ? null : cluster.mesh(relay, transport);
        lifecycle.add("relay", () -> {}, relay::close, STOP_LIMIT.plus(settings.drainWindow()));
        RelayCertificate certificate = certificate(data);
        Optional<SslContext> tls = certificate == null
                ? Optional.empty()
                : Optional.of(certificate.serverContext(relay.publicKey(), clock));
        BootstrapNames names = new BootstrapNames(settings.bootstrapNames());
        lifecycle.add("bootstrap names", names::start, names::close, STOP_LIMIT);
        ClientAddress clients = new ClientAddress(settings.trustedProxies());
        RelayListener main = RelayListener.main(
                List.of(settings.listen().toSocketAddress()), transport, () -> tls, () -> clients, relay, names);
        lifecycle.add("relay listener", main::start, main::stopAccepting, STOP_LIMIT);
        ListenAddress http = settings.httpListen();
        RelayListener plain = http == null ? null : RelayListener.plain(List.of(http.toSocketAddress()), transport, () -> clients, relay);
        if (plain != null) {
            lifecycle.add("plain listener", plain::start, plain::close, STOP_LIMIT);
        }
        new DebugPages(relay).addTo(monitoring);
        InetSocketAddress stun = startStun(metrics);
        lifecycle.start();
        String pin = settings.tls() == RelaySettings.Tls.SELF_SIGNED && certificate != null ? certificate.pin() : "";
        Running running = new Running(
                main.addresses().getFirst(),
                plain == null ? null : plain.addresses().getFirst(),
                stun,
                monitoring.address(),
                relay.publicKey().toString(),
                pin);
        if (cluster != null && clusterMesh != null) {
            cluster.start(relay, main, clusterMesh, running, settings.hostname());
        }
        readiness = Readiness.READY;
        return running;
    }

    private void startMesh(DerpRelay relay, Transport transport) throws IOException {
        Path file = settings.meshKeyFile();
        if (file == null) {
            return;
        }
        MeshKeyFile keys = new MeshKeyFile(file, relay::useMeshKeys);
        keys.load();
        lifecycle.add("mesh key file", keys::start, keys::close, STOP_LIMIT);
        Mesh mesh = relay.mesh(transport);
        lifecycle.add("mesh", () -> mesh.join(settings.meshWith()), mesh::close, STOP_LIMIT);
    }

    private @Nullable InetSocketAddress startStun(Metrics metrics) throws IOException {
        ListenAddress address = settings.stunListen();
        if (address == null) {
            return null;
        }
        StunServer stun = new StunServer(List.of(address.toSocketAddress()), metrics.registry());
        List<InetSocketAddress> bound = stun.start();
        lifecycle.add("STUN", () -> {}, stun::close, STOP_LIMIT);
        return bound.getFirst();
    }

    private Admission admission(@Nullable ClusterPart cluster) {
        URI url = settings.verifyUrl();
        if (url == null) {
            return (node, source) -> CompletableFuture.completedFuture(Verdict.ADMITTED);
        }
        VerifyUrl verify = new VerifyUrl(url, settings.verifyFailOpen(), System::nanoTime);
        lifecycle.add("admission", () -> {}, verify::close, STOP_LIMIT);
        if (cluster != null) {
            cluster.whenRevoked(verify::forget);
        }
        return verify;
    }

    private @Nullable RelayCertificate certificate(Path data) throws IOException, GeneralSecurityException {
        return switch (settings.tls()) {
            case OFF -> null;
            case SELF_SIGNED -> RelayCertificate.loadOrCreate(data.resolve("tls"), List.of(settings.hostname()), clock);
            case FILES -> {
                Path chain = settings.certificate();
                Path key = settings.certificateKey();
                if (chain == null || key == null) {
                    throw new IllegalStateException("checked settings name both files");
                }
                CertifiedKey certified = PemFiles.readCertifiedKey(chain, key);
                yield RelayCertificate.of(certified.privateKey(), certified.chain());
            }
        };
    }

    /** Takes no new connections, ends those that are there one after the other, and stops; in bounded time. */
    Lifecycle.End stop() {
        readiness = Readiness.of(Readiness.State.DRAINING, "stopping");
        return lifecycle.stop();
    }
}
