package io.fleetscale.loadtest.proxy;

import io.fleetscale.runtime.net.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes TCP connections on to one target and can delay, hold or cut them. A connection that is held stays open and nothing
 * comes through, as in a network that drops everything; new ones are taken and held too. Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {
    private static final int CONNECT_MILLIS = 3000;

    private final Supplier<InetSocketAddress> target;
    private final Transport transport;
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private volatile Weather weather = Weather.FAIR;
    private @Nullable Channel listener;

    /** How the network is. */
    record Weather(Duration requestDelay, boolean holds, boolean refuses) {
        static final Weather FAIR = new Weather(Duration.ZERO, false, false);
    }

    /** @param target asked for each new connection */
    public FaultProxy(String name, Supplier<InetSocketAddress> target) {
        this.target = target;
        this.transport = Transport.best(name, 1);
    }

    /**
     * Listens on a free port of 127.0.0.1.
     *
     * @throws IOException when that is not possible
     */
    public InetSocketAddress start() throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .group(transport.loops())
                .channel(transport.serverChannel())
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel client) {
                        accept(client);
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException("the fault proxy cannot listen", bound.cause());
        }
        listener = bound.channel();
        return (InetSocketAddress) bound.channel().localAddress();
    }

    /** Where it listens. */
    public int port() {
        Channel bound = listener;
        if (bound == null) {
            throw new IllegalStateException("the fault proxy is not started");
        }
        return ((InetSocketAddress) bound.localAddress()).getPort();
    }

    private void accept(SocketChannel client) {
        if (weather.refuses()) {
            reset(client);
            return;
        }
        channels.add(client);
        new Bootstrap()
                .group(client.eventLoop())
                .channel(transport.clientChannel())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                .handler(new ChannelInboundHandlerAdapter())
                .connect(target.get())
                .addListener((ChannelFuture connected) -> {
                    if (!connected.isSuccess()) {
                        reset(client);
                        return;
                    }
                    Channel server = connected.channel();
                    channels.add(server);
                    client.pipeline().addLast(new DelayedLink(server, () -> weather, true));
                    server.pipeline().addLast(new DelayedLink(client, () -> weather, false));
                    client.read();
                    server.read();
                });
    }

    /** Each piece that a client sends arrives so much later; what the target sends is not delayed. */
    public void delay(Duration each) {
        weather = new Weather(each, false, false);
    }

    /** Nothing comes through any more, and nobody is told. */
    public void hold() {
        weather = new Weather(Duration.ZERO, true, false);
    }

    /** Resets all connections and every new one. */
    public void refuse() {
        weather = new Weather(Duration.ZERO, false, true);
        cut();
    }

    /** Everything comes through again. Connections that were held are reset: their peers have given them up. */
    public void heal() {
        boolean held = weather.holds();
        weather = Weather.FAIR;
        if (held) {
            cut();
        }
    }

    /** Resets all connections once. */
    public void cut() {
        for (Channel channel : channels) {
            channel.eventLoop().execute(() -> reset(channel));
        }
    }

    private static void reset(Channel channel) {
        if (channel.isActive()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        }
        ChannelFuture unused = channel.close();
    }

    @Override
    public void close() {
        if (listener != null) {
            listener.close().awaitUninterruptibly();
        }
        channels.close().awaitUninterruptibly();
        transport.close();
    }
}
