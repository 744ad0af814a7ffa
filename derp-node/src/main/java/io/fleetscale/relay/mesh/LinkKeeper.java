package io.fleetscale.relay.mesh;

import io.fleetscale.relay.routing.RelayLoop;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.key.Bytes32;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one connection to another relay open on one event loop, and, if it is the one that watches, what the other relay has
 * said on it. Its state is confined to that event loop; {@link #link}, {@link #start} and {@link #close} are for any thread.
 */
final class LinkKeeper implements LinkListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LinkKeeper.class);
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 5_000;
    private static final int CONNECT_LIMIT_MILLIS = 5_000;
    private static final int UNACKNOWLEDGED_MILLIS = 15_000;
    private static final int HANDSHAKE_LIMIT_MILLIS = 10_000;
    /** More keys than a relay can have connections; what a broken relay says beyond it is not remembered. */
    private static final int MOST_PEERS = 1_000_000;

    private final MeshServices services;
    private final MeshPeer relay;
    private final RelayLoop loop;
    private final Transport transport;
    private final boolean watches;
    private final BoxKeyPair keys;
    private final Set<Bytes32> peers = new HashSet<>();
    private volatile @Nullable MeshLink link;
    private volatile @Nullable Channel channel;
    private volatile boolean closed;
    private int failures;
    private boolean complained;

    LinkKeeper(MeshServices services, MeshPeer relay, RelayLoop loop, Transport transport, boolean watches) {
        this.services = services;
        this.relay = relay;
        this.loop = loop;
        this.transport = transport;
        this.watches = watches;
        this.keys = watches ? services.identity() : BoxKeyPair.generate(new SecureRandom());
    }

    /** The open link; null when there is none at the moment. */
    @Nullable
    MeshLink link() {
        return link;
    }

    RelayLoop loop() {
        return loop;
    }

    void start() {
        // Names are looked up by a thread that may wait.
        var unused = Thread.ofVirtual().name("mesh-connect").start(this::resolve);
    }

    private void resolve() {
        try {
            InetAddress[] found = InetAddress.getAllByName(relay.address().dialHost());
            InetAddress chosen = found[ThreadLocalRandom.current().nextInt(found.length)];
            SslContext tls = MeshTls.context(relay.address());
            onLoop(() -> connect(new InetSocketAddress(chosen, relay.address().port()), tls));
        } catch (UnknownHostException e) {
            onLoop(() -> failed("the name " + relay.address().dialHost() + " has no address"));
        } catch (IOException e) {
            onLoop(() -> failed(String.valueOf(e.getMessage())));
        }
    }

    private void connect(InetSocketAddress target, SslContext tls) {
        if (closed) {
            return;
        }
        MeshLink next = new MeshLink(services, relay.address(), loop, keys, watches, this);
        Bootstrap bootstrap = new Bootstrap()
                .group(loop.eventLoop())
                .channel(transport.clientChannel())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_LIMIT_MILLIS)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel opening) {
                        SslHandler handler = MeshTls.handler(tls, relay.address(), opening.alloc());
                        handler.setHandshakeTimeoutMillis(HANDSHAKE_LIMIT_MILLIS);
                        opening.pipeline().addLast("tls", handler).addLast("mesh-link", next);
                    }
                });
        if (transport.isEpoll()) {
            bootstrap.option(EpollChannelOption.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MILLIS);
        }
        var connecting = bootstrap.connect(target);
        channel = connecting.channel();
        var unused = connecting.addListener(done -> {
            Throwable cause = done.cause();
            if (cause != null) {
                next.notConnected(String.valueOf(cause.getMessage()));
            }
        });
        if (closed) {
            close();
        }
    }

    @Override
    public void opened(MeshLink opened) {
        failures = 0;
        link = opened;
        if (complained || watches) {
            complained = false;
            LOG.atInfo().addKeyValue("relay", relay.address()).log("mesh: connected to the other relay");
        }
    }

    @Override
    public void present(Bytes32 peer) {
        if (peers.size() < MOST_PEERS && peers.add(peer)) {
            relay.present(peer, loop.counters());
        }
    }

    @Override
    public void gone(Bytes32 peer) {
        // A link that does not watch hears only of peers that are not there: the one that watches will hear it, too.
        if (peers.remove(peer)) {
            relay.gone(peer, loop.counters());
        }
    }

    @Override
    public void isSelf(MeshLink own) {
        LOG.atInfo().addKeyValue("relay", relay.address()).log("mesh: this is the relay's own address");
        closed = true;
    }

    @Override
    public void closed(MeshLink ended, String why) {
        link = null;
        for (Bytes32 peer : peers) {
            relay.gone(peer, loop.counters());
        }
        peers.clear();
        failed(why);
    }

    private void failed(String why) {
        if (closed) {
            return;
        }
        if (watches && !complained) {
            complained = true;
            LOG.atWarn()
                    .addKeyValue("relay", relay.address())
                    .addKeyValue("reason", why)
                    .log("mesh: no connection to the other relay, it is tried again and again");
        }
        long pause = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(failures, 10));
        failures++;
        long jittered = pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
        var unused = loop.eventLoop().schedule(this::start, jittered, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        closed = true;
        Channel open = channel;
        if (open != null) {
            var unused = open.close();
        }
    }

    private void onLoop(Runnable task) {
        try {
            loop.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("the event loop of a mesh link has been shut down");
        }
    }
}
