package io.fleetscale.control.frontdoor.http;

import io.fleetscale.control.frontdoor.limit.Visitor;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.control.frontdoor.noise.NoiseEntrance;
import io.fleetscale.wire.ip.IpAddress;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketHandshakeException;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The two paths whose connections stop being HTTP: {@code /ts2021} (Noise) and {@code /derp} (the embedded relay). Confined
 * to the event loop of its connection.
 */
final class Upgrades {
    private static final String NOISE_PATH = "/ts2021";
    private static final String NOISE_PROTOCOL = "tailscale-control-protocol";
    private static final String NOISE_HEADER = "X-Tailscale-Handshake";
    private static final String RELAY_PATH = "/derp";
    private static final String RELAY_PROTOCOL = "derp";
    private static final String WEBSOCKET = "websocket";
    private static final int MAX_WEBSOCKET_FRAME = 64 * 1024;
    private static final String HINT = "this path needs \"Upgrade: " + NOISE_PROTOCOL
            + "\"; a proxy in between must pass that header on unchanged\n";

    private final HttpService service;
    private final Visitor visitor;

    Upgrades(HttpService service, Visitor visitor) {
        this.service = service;
        this.visitor = visitor;
    }

    /** What becomes of a request. */
    sealed interface Decision {
        /** It is an ordinary request. */
        record NotMine() implements Decision {}

        /** It is answered with this, and the connection closed. */
        record Answer(HttpReply reply) implements Decision {}

        /** To be run when the request is complete. */
        record TakesOver(Runnable takeOver) implements Decision {}
    }

    Decision decide(ChannelHandlerContext ctx, HttpRequest request, IpAddress source, String path, String query) {
        return switch (path) {
            case NOISE_PATH -> noise(ctx, request, source, query);
            case RELAY_PATH ->
                service.relay().map(relay -> relay(ctx, request, source, relay)).orElseGet(Decision.NotMine::new);
            default -> new Decision.NotMine();
        };
    }

    private Decision noise(ChannelHandlerContext ctx, HttpRequest request, IpAddress source, String query) {
        boolean get = request.method().equals(HttpMethod.GET);
        if (!get && !request.method().equals(HttpMethod.POST)) {
            return new Decision.Answer(HttpReply.empty(405).withHeader("Allow", "GET, POST"));
        }
        String upgrade = header(request, HttpHeaderNames.UPGRADE.toString());
        String expected = get ? WEBSOCKET : NOISE_PROTOCOL;
        if (!expected.equalsIgnoreCase(upgrade)) {
            return refused(source, "without \"Upgrade: " + expected + "\"", HINT);
        }
        String text = get ? query(query, NOISE_HEADER) : header(request, NOISE_HEADER);
        Optional<byte[]> initiation = decode(text);
        if (initiation.isEmpty()) {
            return refused(
                    source, "without a readable handshake", NOISE_HEADER + " is missing or is not a handshake\n");
        }
        if (HttpUtil.getContentLength(request, 0L) != 0 || HttpUtil.isTransferEncodingChunked(request)) {
            return refused(source, "with a body", "this request has no body\n");
        }
        if (!service.admitting().getAsBoolean()) {
            return new Decision.Answer(HttpReply.text(503, "this instance takes no clients now: come again\n")
                    .withHeader("Retry-After", "1"));
        }
        if (!service.accounts().ofSource(source).takeHandshake()) {
            service.meters().refuse(Refusal.SOURCE_HANDSHAKES, source, "too many handshakes of one address");
            return new Decision.Answer(
                    HttpReply.text(429, "too many handshakes\n").withHeader("Retry-After", "2"));
        }
        byte[] message = initiation.get();
        return get
                ? webSocket(ctx, request, source, message)
                : new Decision.TakesOver(() -> {
                    service.noise().admit(ctx, visitor, source, message, NoiseEntrance.Carrier.UPGRADE);
                    HttpFront.removeHttp(ctx);
                });
    }

    private Decision refused(IpAddress source, String what, String answer) {
        service.meters().refuse(Refusal.BAD_UPGRADE, source, NOISE_PATH + " " + what);
        return new Decision.Answer(HttpReply.text(400, answer));
    }

    private Decision relay(ChannelHandlerContext ctx, HttpRequest request, IpAddress source, EmbeddedRelay relay) {
        String upgrade = header(request, HttpHeaderNames.UPGRADE.toString());
        if (!RELAY_PROTOCOL.equalsIgnoreCase(upgrade) && !WEBSOCKET.equalsIgnoreCase(upgrade)) {
            return new Decision.Answer(HttpReply.text(426, "DERP requires connection upgrade: send \"Upgrade: DERP\"\n")
                    .withHeader("Upgrade", "DERP"));
        }
        return new Decision.TakesOver(() -> {
            visitor.clearDeadline();
            relay.upgrade(ctx, request, source);
            if (!ctx.isRemoved()) { // it has answered instead
                ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            }
        });
    }

    private Decision webSocket(ChannelHandlerContext ctx, HttpRequest request, IpAddress source, byte[] initiation) {
        WebSocketServerHandshakerFactory factory = new WebSocketServerHandshakerFactory(
                "",
                NOISE_PROTOCOL,
                WebSocketDecoderConfig.newBuilder()
                        .maxFramePayloadLength(MAX_WEBSOCKET_FRAME)
                        .allowExtensions(false)
                        .build());
        WebSocketServerHandshaker handshaker = factory.newHandshaker(request);
        if (handshaker == null) {
            return refused(source, "with an unknown WebSocket version", "WebSocket version 13 is needed\n");
        }
        FullHttpRequest whole = new DefaultFullHttpRequest(
                request.protocolVersion(), request.method(), request.uri(), Unpooled.EMPTY_BUFFER);
        whole.headers().set(request.headers());
        return new Decision.TakesOver(() -> openWebSocket(ctx, handshaker, whole, source, initiation));
    }

    private void openWebSocket(
            ChannelHandlerContext ctx,
            WebSocketServerHandshaker handshaker,
            FullHttpRequest request,
            IpAddress source,
            byte[] initiation) {
        ChannelFuture opened;
        ctx.channel().config().setAutoRead(false);
        try {
            opened = handshaker.handshake(ctx.channel(), request);
        } catch (WebSocketHandshakeException e) {
            service.meters().refuse(Refusal.BAD_WEBSOCKET, source, "WebSocket handshake does not parse");
            ChannelFuture unused = ctx.close();
            return;
        }
        if (handshaker.selectedSubprotocol() == null) {
            service.meters().refuse(Refusal.BAD_WEBSOCKET, source, "WebSocket without our sub-protocol");
            ctx.channel()
                    .writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.POLICY_VIOLATION))
                    .addListener(ChannelFutureListener.CLOSE);
            return;
        }
        opened.addListener((ChannelFutureListener) done -> {
            if (!done.isSuccess()) {
                ChannelFuture unused = ctx.close();
                return;
            }
            ctx.pipeline().addLast(new WebSocketBytes(service.meters(), source));
            service.noise().admit(ctx, visitor, source, initiation, NoiseEntrance.Carrier.WEBSOCKET);
            HttpFront.removeHttp(ctx);
        });
    }

    private static @Nullable String header(HttpRequest request, String name) {
        List<String> values = request.headers().getAll(name);
        return values.size() == 1 ? values.getFirst().strip() : null;
    }

    private static @Nullable String query(String query, String name) {
        if (query.length() > 4 * NoiseEntrance.maxInitiationText()) {
            return null;
        }
        List<String> values = new QueryStringDecoder(query, StandardCharsets.UTF_8, false, 8)
                .parameters()
                .get(name);
        return values != null && values.size() == 1 ? values.getFirst() : null;
    }

    /** The initiation, of whatever length up to the right one: the handshake names a wrong length itself. */
    private static Optional<byte[]> decode(@Nullable String text) {
        if (text == null || text.isEmpty() || text.length() > NoiseEntrance.maxInitiationText()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
