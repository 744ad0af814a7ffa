package io.fleetscale.control.frontdoor;

import io.fleetscale.control.frontdoor.http.EmbeddedRelay;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.frontdoor.limit.Limits;
import io.fleetscale.control.frontdoor.noise.NoiseRoutes;
import io.fleetscale.control.frontdoor.page.BuildInfo;
import io.fleetscale.control.frontdoor.page.PublicRoutes;
import io.fleetscale.control.testing.NoiseTestClient;
import io.fleetscale.control.testing.NoiseTestClient.Target;
import io.fleetscale.runtime.tls.TlsOffer;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A front door on a free loopback port with a handful of routes, and ways to talk to it. */
final class RunningDoor implements AutoCloseable {
    static final SecureRandom RANDOM = new SecureRandom();
    static final MachinePrivateKey SERVER = MachinePrivateKey.generate(RANDOM);

    final NoiseRoutes rpcs = new NoiseRoutes();
    final RouteTable.Builder routes = RouteTable.builder();
    final EventLoopGroup clients = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    Limits limits = Limits.DEFAULT;
    List<IpPrefix> trusted = List.of();
    Optional<EmbeddedRelay> relay = Optional.empty();
    TlsOffer tls = Optional::empty;
    final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private Optional<FrontDoor> door = Optional.empty();

    RunningDoor start() throws IOException {
        new PublicRoutes(
                        SERVER.publicKey(),
                        () -> true,
                        new BuildInfo("v0.30.0", "abc", ""),
                        node -> node.isZero(),
                        Optional.of(() -> Map.of("derp.example", List.of(IpAddress.parse("192.0.2.1")))),
                        "http://control.example:8080")
                .register(routes);
        routes.route(
                "POST",
                "/echo/{name}",
                1000,
                call -> HttpReply.text(200, call.variable("name") + " " + call.source() + " " + call.bodyText()));
        routes.get("/fails", call -> {
            throw new IllegalStateException("not for the client");
        });
        rpcs.add(
                "GET",
                "/machine/whoami",
                (request, response) -> response.answerText(
                        200, request.peer() + " " + request.noiseVersion() + " " + request.source()));
        rpcs.add(
                "POST",
                "/machine/echo",
                (request, response) -> response.answer(200, "application/octet-stream", request.body()));
        rpcs.add("POST", "/machine/quiet", (request, response) -> response.answer(204));
        rpcs.add("POST", "/machine/fails", (request, response) -> {
            throw new IllegalStateException("not for the client");
        });
        FrontDoor front = new FrontDoor(
                FrontDoorConfig.listeningOn(List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
                        .withLimits(limits)
                        .withTrustedProxies(trusted)
                        .withGrpcAddress(() -> "control.example:50443"),
                SERVER,
                routes.build(),
                rpcs,
                relay,
                tls,
                registry,
                System::nanoTime);
        front.start();
        door = Optional.of(front);
        return this;
    }

    FrontDoor door() {
        return door.orElseThrow();
    }

    InetSocketAddress address() {
        return door().addresses().getFirst();
    }

    NoiseTestClient client() throws Exception {
        return client(Target.plain(address()), 145);
    }

    NoiseTestClient client(Target target, int version) throws Exception {
        return NoiseTestClient.connect(clients, target, MachinePrivateKey.generate(RANDOM), SERVER.publicKey(), version)
                .get(10, TimeUnit.SECONDS);
    }

    /** Sends {@code request} and reads until the server closes. */
    String raw(String request) throws IOException {
        return raw(request.getBytes(StandardCharsets.ISO_8859_1));
    }

    String raw(byte[] request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(10_000);
            socket.connect(address());
            OutputStream out = socket.getOutputStream();
            out.write(request);
            out.flush();
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    String get(String path, String... headers) throws IOException {
        return raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + String.join("", List.of(headers).stream().map(h -> h + "\r\n").toList()) + "\r\n");
    }

    @Override
    public void close() {
        door.ifPresent(FrontDoor::close);
        clients.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2000);
    }
}
