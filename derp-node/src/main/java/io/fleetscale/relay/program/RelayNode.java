package io.fleetscale.relay.program;

import io.fleetscale.config.ListenAddress;
import io.fleetscale.relay.DerpRelay;
import io.fleetscale.relay.RelayConfig;
import io.fleetscale.relay.RelayIdentity;
import io.fleetscale.relay.admission.VerifyUrl;
import io.fleetscale.relay.http.BootstrapNames;
import io.fleetscale.relay.listener.Arrivals;
import io.fleetscale.relay.listener.ListenerServices;
import io.fleetscale.relay.listener.RelayListener;
import io.fleetscale.relay.mesh.Mesh;
import io.fleetscale.relay.stun.StunServer;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.Reloads;
import io.fleetscale.runtime.metrics.Metrics;
import io.fleetscale.runtime.metrics.MonitoringServer;
import io.fleetscale.runtime.metrics.Readiness;
import io.fleetscale.runtime.net.HostPort;
import io.fleetscale.runtime.net.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A relay that runs by itself: what it is made of, and the order in which the parts start and stop. Started by one thread;
 * {@link #stop} may come from another.
 */
final class RelayNode {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    private final RelaySettings settings;
    private final String version;
    private final Reloads reloads;
    private final InstantSource clock;
    private final Lifecycle lifecycle = new Lifecycle();
    private volatile Readiness readiness = Readiness.of(Readiness.State.STARTING, "starting");
    private volatile BooleanSupplier trustworthy = () -> true;
    private volatile @Nullable LiveSettings live;

    /** @param reloads gets what can be read again while the relay runs */
    RelayNode(RelaySettings settings, String version, Reloads reloads) {
        this(settings, version, reloads, InstantSource.system());
    }

    RelayNode(RelaySettings settings, String version, Reloads reloads, InstantSource clock) {
        this.settings = settings;
        this.version = version;
        this.reloads = reloads;
        this.clock = clock;
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
                this::readiness);
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
        VerifyUrl verify = admission(cluster);
        DerpRelay relay =
                new DerpRelay(config, cluster == null ? verify : cluster.admission(verify), metrics.registry());
        // Stopped after the relay: packets are forwarded until the last node has gone.
        Mesh mesh = startMesh(relay, transport);
        Mesh clusterMesh = cluster == null ? null : cluster.mesh(relay, transport);
        lifecycle.add("relay", () -> {}, relay::close, STOP_LIMIT.plus(settings.drainWindow()));
        RelayTls tls = RelayTls.of(settings, relay.publicKey(), lifecycle, reloads, metrics.registry(), clock);
        LiveSettings changeable = new LiveSettings(settings, relay, verify, mesh);
        live = changeable;
        ListenerServices services = new ListenerServices(relay, changeable::clients, Arrivals.withinOpenFiles());
        BootstrapNames names = new BootstrapNames(settings.bootstrapNames());
        lifecycle.add("bootstrap names", names::start, names::close, STOP_LIMIT);
        RelayListener main =
                RelayListener.main(List.of(settings.listen().toSocketAddress()), transport, tls, services, names);
        lifecycle.add("relay listener", main::start, main::stopAccepting, STOP_LIMIT);
        ListenAddress http = settings.httpListen();
        RelayListener plain = http == null
                ? null
                : RelayListener.plain(List.of(http.toSocketAddress()), transport, services, tls::authorization);
        if (plain != null) {
            lifecycle.add("plain listener", plain::start, plain::close, STOP_LIMIT);
        }
        new DebugPages(relay).addTo(monitoring);
        InetSocketAddress stun = startStun(metrics);
        tls.order(lifecycle);
        lifecycle.start();
        Running running = new Running(
                main.addresses().getFirst(),
                plain == null ? null : plain.addresses().getFirst(),
                stun,
                monitoring.address(),
                relay.publicKey().toString(),
                tls.pin());
        if (cluster != null && clusterMesh != null) {
            cluster.start(relay, main, clusterMesh, running, settings.hostname(), tls::isTrustworthy);
        }
        trustworthy = tls::isTrustworthy;
        readiness = Readiness.READY;
        return running;
    }

    private Readiness readiness() {
        Readiness now = readiness;
        return now.equals(Readiness.READY) && !trustworthy.getAsBoolean()
                ? Readiness.of(Readiness.State.STARTING, "waits for its first certificate of the ACME server")
                : now;
    }

    /**
     * Takes what has changed in the configuration as far as that is possible while the relay runs.
     *
     * @return whether anything is different now
     */
    boolean apply(RelaySettings next) {
        LiveSettings changeable = live;
        return changeable != null && changeable.apply(next);
    }

    private @Nullable Mesh startMesh(DerpRelay relay, Transport transport) throws IOException {
        Path file = settings.meshKeyFile();
        if (file == null) {
            return null;
        }
        MeshKeyFile keys = new MeshKeyFile(file, relay::useMeshKeys);
        keys.load();
        reloads.add("mesh keys", keys::load);
        lifecycle.add("mesh key file", keys::start, keys::close, STOP_LIMIT);
        Mesh mesh = relay.mesh(transport);
        lifecycle.add("mesh", () -> mesh.join(settings.meshWith()), mesh::close, STOP_LIMIT);
        return mesh;
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

    private VerifyUrl admission(@Nullable ClusterPart cluster) {
        VerifyUrl verify = new VerifyUrl(settings.verifyUrl(), settings.verifyFailOpen(), System::nanoTime);
        lifecycle.add("admission", () -> {}, verify::close, STOP_LIMIT);
        if (cluster != null) {
            cluster.whenRevoked(verify::forget);
        }
        return verify;
    }

    /** Takes no new connections, ends those that are there one after the other, and stops; in bounded time. */
    Lifecycle.End stop() {
        readiness = Readiness.of(Readiness.State.DRAINING, "stopping");
        return lifecycle.stop();
    }
}
