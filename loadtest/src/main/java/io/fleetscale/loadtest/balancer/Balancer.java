package io.fleetscale.loadtest.balancer;

import io.fleetscale.runtime.net.HostPort;
import io.fleetscale.runtime.net.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes TCP connections and passes each to the ready instance with the fewest, with a PROXY header (version 2) in front. An
 * instance that refuses is passed over at once. Thread-safe.
 */
final class Balancer implements AutoCloseable {
    private static final int CONNECT_MILLIS = 1000;
    private static final int BACKLOG = 4096;

    private final HostPort listen;
    private final List<Backend> backends;
    private final Transport transport = Transport.best("balancer", 0);
    private @Nullable Channel listener;

    Balancer(HostPort listen, List<Backend> backends) {
        this.listen = listen;
        this.backends = List.copyOf(backends);
    }

    /**
     * @return where it listens
     * @throws IOException when the address cannot be bound
     */
    InetSocketAddress start() throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .group(transport.loops())
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel client) {
                        connect(client, candidates());
                    }
                })
                .bind(listen.resolve())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException("cannot listen on " + listen, bound.cause());
        }
        Channel channel = bound.channel();
        listener = channel;
        return (InetSocketAddress) channel.localAddress();
    }

    /** Ready instances, the one with the fewest connections first; draining ones when there is no other. */
    private List<Backend> candidates() {
        List<Backend> ready = new ArrayList<>();
        for (Backend.State state : List.of(Backend.State.UP, Backend.State.DRAINING)) {
            if (ready.isEmpty()) {
                backends.stream().filter(backend -> backend.state() == state).forEach(ready::add);
            }
        }
        ready.sort(Comparator.comparingInt(Backend::connections));
        return ready;
    }

    private void connect(SocketChannel client, List<Backend> candidates) {
        if (candidates.isEmpty() || !client.isOpen()) {
            Backend.reset(client);
            return;
        }
        Backend backend = candidates.getFirst();
        backend.add(client);
        new Bootstrap()
                .group(client.eventLoop())
                .channel(transport.clientChannel())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                .handler(new ChannelInboundHandlerAdapter())
                .connect(backend.control().resolve())
                .addListener((ChannelFuture connected) -> {
                    if (connected.isSuccess()) {
                        join(client, connected.channel());
                    } else {
                        connect(client, candidates.subList(1, candidates.size()));
                    }
                });
    }

    private static void join(SocketChannel client, Channel server) {
        server.pipeline().addLast("proxy", HAProxyMessageEncoder.INSTANCE);
        server.writeAndFlush(header(client)).addListener(sent -> {
            server.pipeline().remove("proxy");
            server.pipeline().addLast("link", new Link(client));
            client.pipeline().addLast("link", new Link(server));
            if (!client.isActive() || !server.isActive()) {
                Backend.reset(client);
                Backend.reset(server);
                return;
            }
            client.config().setAutoRead(true);
            server.config().setAutoRead(true);
        });
    }

    private static HAProxyMessage header(SocketChannel client) {
        InetSocketAddress from = client.remoteAddress();
        InetSocketAddress to = client.localAddress();
        if (from == null || to == null) {
            return new HAProxyMessage(
                    HAProxyProtocolVersion.V2, HAProxyCommand.LOCAL, HAProxyProxiedProtocol.UNKNOWN, null, null, 0, 0);
        }
        boolean v6 = from.getAddress() instanceof Inet6Address;
        return new HAProxyMessage(
                HAProxyProtocolVersion.V2,
                HAProxyCommand.PROXY,
                v6 ? HAProxyProxiedProtocol.TCP6 : HAProxyProxiedProtocol.TCP4,
                from.getAddress().getHostAddress(),
                to.getAddress().getHostAddress(),
                from.getPort(),
                to.getPort());
    }

    @Override
    public void close() {
        if (listener != null) {
            listener.close().awaitUninterruptibly();
        }
        transport.close();
    }
}
