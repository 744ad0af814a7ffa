package io.fleetscale.runtime.metrics;

import com.google.protobuf.ByteString;
import io.fleetscale.runtime.net.HostPort;
import io.fleetscale.runtime.net.Transport;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listener for whoever watches this process: {@code /metrics} for Prometheus, {@code /livez} and {@code /readyz} for
 * balancers and supervisors, and routes that other features add, such as {@code /debug/...} or {@code /drain}.
 *
 * <p>It speaks HTTP without TLS or credentials and belongs on loopback or a network of its own. Answers are made on virtual
 * threads. Thread-safe.
 */
public final class MonitoringServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MonitoringServer.class);
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final int MAX_REQUEST_BYTES = 64 << 10;
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(75);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

    private record RouteKey(HttpMethod method, String path) {}

    private final List<HostPort> addresses;
    private final Transport transport;
    private final Map<RouteKey, MonitoringRoute> routes = new ConcurrentHashMap<>();
    private final ExecutorService answers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("monitoring-", 0).factory());
    private final List<Channel> listeners = new CopyOnWriteArrayList<>();

    /**
     * @param addresses at least one
     * @param readiness asked for every {@code /readyz}; must not wait for anything far away
     */
    public MonitoringServer(
            List<HostPort> addresses,
            Transport transport,
            PrometheusMeterRegistry registry,
            Supplier<Readiness> readiness) {
        this.addresses = List.copyOf(addresses);
        this.transport = transport;
        route(
                HttpMethod.GET,
                "/metrics",
                _ -> new MonitoringReply(
                        200, PROMETHEUS_TEXT, ByteString.copyFromUtf8(registry.scrape(PROMETHEUS_TEXT))));
        route(HttpMethod.GET, "/livez", _ -> MonitoringReply.json(200, Map.of("status", "alive")));
        route(HttpMethod.GET, "/readyz", _ -> reply(readiness.get()));
    }

    /**
     * Adds a route; can be done while the listener runs. {@code GET} also answers {@code HEAD}.
     *
     * @param path compared as a whole
     * @throws IllegalStateException when there is one already
     */
    public void route(HttpMethod method, String path, MonitoringRoute route) {
        if (routes.putIfAbsent(new RouteKey(method, path), route) != null) {
            throw new IllegalStateException("monitoring route " + method + " " + path + ": exists already");
        }
    }

    /**
     * Binds the listener to every address.
     *
     * @throws IOException when an address is taken or not of this machine
     */
    public void start() throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(transport.loops())
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        initialise(channel);
                    }
                });
        for (HostPort address : addresses) {
            bind(bootstrap, address);
        }
    }

    private void bind(ServerBootstrap bootstrap, HostPort address) throws IOException {
        Channel listener;
        try {
            listener = bootstrap.bind(address.resolve()).sync().channel();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("metrics listener " + address + ": interrupted", e);
        } catch (Exception e) {
            throw new IOException(
                    "metrics listener " + address + ": " + e.getMessage() + "; choose another metrics address", e);
        }
        listeners.add(listener);
        LOG.atInfo().addKeyValue("address", listener.localAddress()).log("metrics listener started");
    }

    /** Where it listens, the first address first, with the ports that the system chose. */
    public List<InetSocketAddress> addresses() {
        return listeners.stream()
                .map(channel -> (InetSocketAddress) channel.localAddress())
                .toList();
    }

    /** The first of {@link #addresses}. */
    public InetSocketAddress address() {
        if (listeners.isEmpty()) {
            throw new IllegalStateException("the metrics listener is not started");
        }
        return addresses().getFirst();
    }

    @Override
    public void close() {
        listeners.forEach(channel -> channel.close().awaitUninterruptibly(CLOSE_LIMIT.toMillis()));
        answers.shutdownNow();
    }

    /** Bytes to requests, keep-alive, whole requests, answers. */
    private void initialise(SocketChannel channel) {
        channel.pipeline()
                .addLast("idle", new ReadTimeoutHandler(IDLE_LIMIT.toSeconds(), TimeUnit.SECONDS))
                .addLast("http", new HttpServerCodec())
                .addLast("keepAlive", new HttpServerKeepAliveHandler())
                .addLast("whole", new HttpObjectAggregator(MAX_REQUEST_BYTES))
                .addLast("answer", new MonitoringHandler(this::answer, answers));
    }

    private MonitoringReply answer(MonitoringRoute.Request request) {
        HttpMethod method = request.method().equals(HttpMethod.HEAD) ? HttpMethod.GET : request.method();
        MonitoringRoute route = routes.get(new RouteKey(method, request.path()));
        if (route == null) {
            boolean otherMethod =
                    routes.keySet().stream().anyMatch(key -> key.path().equals(request.path()));
            return otherMethod
                    ? MonitoringReply.text(405, "method not allowed\n")
                    : MonitoringReply.text(404, "not found\n");
        }
        try {
            return route.answer(request);
        } catch (Exception e) {
            LOG.atError().addKeyValue("path", request.path()).setCause(e).log("a monitoring route failed");
            return MonitoringReply.text(500, "internal error, see the log\n");
        }
    }

    private static MonitoringReply reply(Readiness readiness) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", readiness.state().text());
        body.put("reasons", readiness.reasons());
        return MonitoringReply.json(readiness.state().httpStatus(), body);
    }
}
