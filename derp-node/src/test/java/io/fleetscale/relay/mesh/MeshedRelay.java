package io.fleetscale.relay.mesh;

import io.fleetscale.relay.DerpRelay;
import io.fleetscale.relay.RelayConfig;
import io.fleetscale.relay.admission.MeshKeys;
import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.relay.http.BootstrapNames;
import io.fleetscale.relay.listener.Arrivals;
import io.fleetscale.relay.listener.ListenerServices;
import io.fleetscale.relay.listener.RelayListener;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.relay.tls.RelayCertificate;
import io.fleetscale.runtime.net.ClientAddress;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** A relay with a TLS listener and its side of a mesh. Nodes are refused when {@code admits} is false, relays never. */
final class MeshedRelay implements AutoCloseable {
    private final Transport transport;
    private final DerpRelay relay;
    private final RelayListener listener;
    private final Mesh mesh;
    private final String pin;

    MeshedRelay(Path directory, int loops, boolean admits, MeshKeys keys) throws IOException {
        transport = Transport.best("relay", loops);
        BoxKeyPair identity = BoxKeyPair.generate(new SecureRandom());
        relay = new DerpRelay(
                RelayConfig.withDefaults(identity),
                (node, source) -> CompletableFuture.completedFuture(admits ? Verdict.ADMITTED : Verdict.REFUSED),
                new SimpleMeterRegistry());
        relay.useMeshKeys(keys);
        RelayCertificate certificate =
                RelayCertificate.loadOrCreate(directory, List.of("127.0.0.1"), InstantSource.system());
        pin = certificate.pin();
        SslContext tls = certificate.serverContext(relay.publicKey(), InstantSource.system());
        listener = RelayListener.main(
                List.of(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0)),
                transport,
                () -> Optional.of(tls),
                new ListenerServices(relay, () -> new ClientAddress(List.of()), new Arrivals(1_000)),
                BootstrapNames.NONE);
        listener.start();
        mesh = relay.mesh(transport);
    }

    DerpRelay relay() {
        return relay;
    }

    Mesh mesh() {
        return mesh;
    }

    MeshAddress address() {
        return new MeshAddress("127.0.0.1", socket().getPort(), "127.0.0.1", pin);
    }

    private InetSocketAddress socket() {
        return listener.addresses().getFirst();
    }

    void join(MeshedRelay... others) {
        Set<MeshAddress> all = new LinkedHashSet<>();
        Arrays.stream(others).map(MeshedRelay::address).forEach(all::add);
        mesh.join(all);
    }

    /** Links to other relays that are open, over all relays. */
    int openLinks() {
        return mesh.states().stream().mapToInt(Mesh.State::links).sum();
    }

    TestNode node() throws IOException {
        return TestNode.tls(socket()).join();
    }

    TestNode node(BoxKeyPair keys) throws IOException {
        return TestNode.tls(socket()).withKeys(keys).join();
    }

    /** A connection that shows a mesh key, with what a prober says if it is one. */
    TestNode link(MeshKeys keys, String more) throws IOException {
        TestNode link = TestNode.tls(socket());
        link.upgrade();
        String key = keys.shown()
                .map(shown -> "\"meshKey\":\"" + shown.toHex() + "\",")
                .orElse("");
        link.frame(link.greeting(link.serverKey(), "{" + key + more + "\"version\":2}"));
        link.next();
        return link;
    }

    /** The same, subscribed to who is connected. */
    TestNode watcher(MeshKeys keys) throws IOException {
        TestNode watcher = link(keys, "");
        watcher.frame(DerpFrameEncoder::watchConnections);
        return watcher;
    }

    @Override
    public void close() {
        mesh.close();
        listener.close();
        relay.close();
        transport.close();
    }
}
