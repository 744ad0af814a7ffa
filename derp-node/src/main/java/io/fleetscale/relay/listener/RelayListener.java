package io.fleetscale.relay.listener;

import io.fleetscale.relay.http.BootstrapNames;
import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.runtime.net.ClientAddress;
import io.fleetscale.runtime.net.ProxyHeader;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.runtime.tls.TlsOffer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Accepts the connections of a relay. {@link #main} carries the relay protocol, with or without TLS; {@link #plain} is port
 * 80 beside a TLS listener. A connection that has not become a relay session is closed after thirty seconds of silence.
 * Source of the times: tailscale cmd/derper/derper.go, main. Thread-safe.
 */
public final class RelayListener implements AutoCloseable {
    private static final int ACCEPT_BACKLOG = 4096;
    private static final int SILENCE_SECONDS = 30;
    private static final int UNACKNOWLEDGED_MILLIS = 15_000;
    /** A request head of the relay protocol has a few hundred bytes. */
    private static final int HEAD_BYTES = 8 * 1024;

    private final List<InetSocketAddress> addresses;
    private final Transport transport;
    private final TlsOffer tls;
    private final ListenerServices services;
    private final Function<Channel, ChannelHandler> front;
    private final List<Channel> listeners = new ArrayList<>();
    private List<InetSocketAddress> lastBound = List.of();
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    private RelayListener(
            List<InetSocketAddress> addresses,
            Transport transport,
            TlsOffer tls,
            ListenerServices services,
            Function<Channel, ChannelHandler> front) {
        this.addresses = List.copyOf(addresses);
        this.transport = transport;
        this.tls = tls;
        this.services = services;
        this.front = front;
    }

    /**
     * @param addresses where to listen; port 0 takes any free one
     * @param tls asked for each connection, so that a renewed certificate is taken up; empty: plain HTTP
     * @param names what nodes without DNS are told
     */
    public static RelayListener main(
            List<InetSocketAddress> addresses,
            Transport transport,
            TlsOffer tls,
            ListenerServices services,
            BootstrapNames names) {
        return new RelayListener(
                addresses,
                transport,
                tls,
                services,
                channel -> new RelayFront(services, names, tls.certificate().isPresent()));
    }

    /**
     * Port 80: the captive portal check, the answers that a certificate authority comes for, and for everything else the way to
     * HTTPS.
     *
     * @param authorizations by token; must not block
     */
    public static RelayListener plain(
            List<InetSocketAddress> addresses,
            Transport transport,
            ListenerServices services,
            Function<String, Optional<String>> authorizations) {
        return new RelayListener(
                addresses, transport, Optional::empty, services, channel -> new PlainFront(authorizations));
    }

    /**
     * Binds all addresses.
     *
     * @throws IOException naming the address that could not be bound; nothing is bound then
     */
    public synchronized void start() throws IOException {
        bind(addresses);
        lastBound = addresses();
    }

    /**
     * Accepts again after {@link #stopAccepting}, on the same ports.
     *
     * @throws IOException naming the address that could not be bound
     */
    public synchronized void acceptAgain() throws IOException {
        if (listeners.isEmpty()) {
            bind(lastBound);
        }
    }

    private void bind(List<InetSocketAddress> wanted) throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(transport.loops())
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_BACKLOG, ACCEPT_BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        welcome(channel);
                    }
                });
        if (transport.isEpoll()) {
            bootstrap.childOption(EpollChannelOption.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MILLIS);
        }
        for (InetSocketAddress address : wanted) {
            var bound = bootstrap.bind(address).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                stopAccepting();
                @Nullable Throwable cause = bound.cause();
                throw new IOException(
                        "cannot listen on " + address + ": " + (cause == null ? "unknown" : cause.getMessage()), cause);
            }
            listeners.add(bound.channel());
        }
    }

    /** A timer of silence, the PROXY header, TLS, HTTP, and what answers. */
    private void welcome(Channel channel) {
        connections.add(channel);
        if (services.arrivals().arrived(channel)) {
            services.relay().refused(channel.eventLoop(), Counter.MADE_ROOM);
            if (!channel.isOpen()) {
                return;
            }
        }
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(new IdleStateHandler(SILENCE_SECONDS, 0, 0));
        if (services.clients().get().isTrusted(ClientAddress.of(channel.remoteAddress()))) {
            pipeline.addLast(new ProxyHeader(new ProxyHeader.Listener() {
                @Override
                public boolean named(InetSocketAddress client) {
                    return true;
                }

                @Override
                public void malformed() {
                    services.relay().refused(channel.eventLoop(), Counter.BAD_PROXY_HEADERS);
                }
            }));
        }
        tls.certificate().ifPresent(context -> {
            Optional<SslContext> challenge = tls.challenge();
            pipeline.addLast(
                    challenge.isEmpty()
                            ? tlsHandler(context, channel)
                            : new ChallengeFork(
                                    () -> tlsHandler(context, channel), () -> tlsHandler(challenge.get(), channel)));
        });
        pipeline.addLast(new HttpServerCodec(
                new HttpDecoderConfig().setMaxInitialLineLength(HEAD_BYTES).setMaxHeaderSize(HEAD_BYTES)));
        pipeline.addLast(front.apply(channel));
    }

    private static ChannelHandler tlsHandler(SslContext context, Channel channel) {
        SslHandler handler = context.newHandler(channel.alloc());
        handler.setHandshakeTimeoutMillis(SILENCE_SECONDS * 1000L);
        return handler;
    }

    /** Where it listens, in the order of the configured addresses, with the ports that were taken. */
    public synchronized List<InetSocketAddress> addresses() {
        List<InetSocketAddress> bound = new ArrayList<>();
        for (Channel listener : listeners) {
            SocketAddress address = listener.localAddress();
            if (address instanceof InetSocketAddress inet) {
                bound.add(inet);
            }
        }
        return bound;
    }

    /** Takes no new connections; those that are there go on. */
    public synchronized void stopAccepting() {
        listeners.forEach(listener -> listener.close().awaitUninterruptibly());
        listeners.clear();
    }

    /** Takes no new connections and closes those that are left. */
    @Override
    public void close() {
        stopAccepting();
        connections.close().awaitUninterruptibly(1_000);
    }
}
