package io.fleetscale.runtime.acme;

import io.fleetscale.runtime.net.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The listener of HTTP-01 checks; every other request is sent to the server's URL. One request a connection, few at a time.
 * Thread-safe. Source: RFC 8555 8.3; headscale-surface 3.1.
 */
public final class ChallengeListener implements AutoCloseable {
    private static final String PATH = "/.well-known/acme-challenge/";
    private static final int MAX_CONNECTIONS = 1_000;
    private static final int READ_SECONDS = 10;
    private static final int MAX_BODY_BYTES = 4 * 1024;

    private final InetSocketAddress address;
    private final Transport transport;
    private final String serverUrl;
    private final Function<String, Optional<String>> authorizations;
    private final ExecutorService answers = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile @Nullable Channel listener;

    /** @param authorizations by token; may block */
    public ChallengeListener(
            InetSocketAddress address,
            Transport transport,
            String serverUrl,
            Function<String, Optional<String>> authorizations) {
        this.address = address;
        this.transport = transport;
        this.serverUrl = serverUrl;
        this.authorizations = authorizations;
    }

    /** @throws IOException naming the address that cannot be bound */
    public void start() throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(transport.loops())
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        welcome(channel);
                    }
                });
        var bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "tls_letsencrypt_listen " + address + " cannot be bound: "
                            + (bound.cause() == null ? "unknown" : bound.cause().getMessage()),
                    bound.cause());
        }
        listener = bound.channel();
    }

    private void welcome(SocketChannel channel) {
        boolean tooMany = connections.incrementAndGet() > MAX_CONNECTIONS;
        channel.closeFuture().addListener(closed -> connections.decrementAndGet());
        if (tooMany) {
            ChannelFuture unused = channel.close();
            return;
        }
        channel.pipeline()
                .addLast(new ReadTimeoutHandler(READ_SECONDS))
                .addLast(new HttpServerCodec())
                .addLast(new HttpObjectAggregator(MAX_BODY_BYTES))
                .addLast(new Answer());
    }

    @Override
    public void close() {
        Channel channel = listener;
        if (channel != null) {
            channel.close().awaitUninterruptibly();
        }
        answers.shutdownNow();
    }

    private final class Answer extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            String uri = request.uri();
            if (uri.startsWith(PATH)) {
                answers.execute(() -> send(ctx, authorization(uri.substring(PATH.length()))));
            } else {
                FullHttpResponse redirect = response(HttpResponseStatus.FOUND, "");
                redirect.headers().set(HttpHeaderNames.LOCATION, serverUrl + (uri.startsWith("/") ? uri : "/"));
                send(ctx, redirect);
            }
        }

        private FullHttpResponse authorization(String token) {
            try {
                return authorizations
                        .apply(token)
                        .map(text -> response(HttpResponseStatus.OK, text))
                        .orElseGet(() -> response(HttpResponseStatus.NOT_FOUND, "404 page not found\n"));
            } catch (RuntimeException e) {
                return response(HttpResponseStatus.SERVICE_UNAVAILABLE, "try again\n");
            }
        }

        private static FullHttpResponse response(HttpResponseStatus status, String text) {
            ByteBuf body = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
            FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                    .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
                    .set(HttpHeaderNames.CONNECTION, "close");
            return response;
        }

        private static void send(ChannelHandlerContext ctx, FullHttpResponse response) {
            ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ChannelFuture unused = ctx.close();
        }
    }
}
