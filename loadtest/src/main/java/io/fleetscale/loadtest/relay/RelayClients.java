package io.fleetscale.loadtest.relay;

import io.fleetscale.runtime.net.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/** Makes connections to relays, whatever certificate they show. Thread-safe. */
final class RelayClients implements AutoCloseable {
    private static final int CONNECT_LIMIT_MILLIS = 10_000;
    private static final int ADMISSION_LIMIT_SECONDS = 60;
    private static final int AT_ONCE = 32;
    private static final int OPENED_AT_ONCE = 256;

    private final Transport transport = Transport.best("relay-load", 0);
    private final SecureRandom random = new SecureRandom();
    private final SslContext tls;

    RelayClients() throws SSLException {
        tls = SslContextBuilder.forClient()
                .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
                .protocols("TLSv1.3")
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null)
                .build();
    }

    CompletableFuture<RelayClient> connect(InetSocketAddress relay, RelayClient.PacketSink packets) {
        String host = relay.getHostString();
        RelayClient client = new RelayClient(host, random, packets);
        var unused = new Bootstrap()
                .group(transport.loops())
                .channel(transport.clientChannel())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_LIMIT_MILLIS)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(tls.newHandler(channel.alloc(), host, relay.getPort()), client);
                    }
                })
                .connect(relay)
                .addListener((ChannelFutureListener) done -> {
                    if (!done.isSuccess()) {
                        client.notConnected(done.cause());
                    }
                });
        return client.admitted();
    }

    /** Connects many, a bounded number of them at a time, and waits until the relay has let all in. */
    List<RelayClient> connect(InetSocketAddress relay, int count, RelayClient.PacketSink packets) throws Exception {
        Semaphore places = new Semaphore(AT_ONCE);
        List<CompletableFuture<RelayClient>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            places.acquire();
            CompletableFuture<RelayClient> one = connect(relay, packets);
            all.add(one);
            var unused = one.whenComplete((client, failure) -> places.release());
        }
        List<RelayClient> clients = new ArrayList<>();
        for (CompletableFuture<RelayClient> one : all) {
            clients.add(one.get(ADMISSION_LIMIT_SECONDS, TimeUnit.SECONDS));
        }
        return clients;
    }

    /** Opens connections that say nothing, as many of {@code count} as can be opened. */
    List<Channel> open(InetSocketAddress relay, int count) throws InterruptedException {
        Bootstrap bootstrap = new Bootstrap()
                .group(transport.loops())
                .channel(transport.clientChannel())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_LIMIT_MILLIS)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        // nothing is said and nothing is heard
                    }
                });
        Semaphore places = new Semaphore(OPENED_AT_ONCE);
        List<ChannelFuture> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            places.acquire();
            all.add(bootstrap.connect(relay).addListener(done -> places.release()));
        }
        List<Channel> open = new ArrayList<>();
        for (ChannelFuture one : all) {
            if (one.await().isSuccess()) {
                open.add(one.channel());
            }
        }
        return open;
    }

    @Override
    public void close() {
        transport.close();
    }
}
