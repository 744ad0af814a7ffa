package io.fleetscale.control.frontdoor.http;

import io.fleetscale.control.frontdoor.limit.Visitor;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.runtime.net.ClientAddress.Resolved;
import io.fleetscale.wire.ip.IpAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP/1.1 of one connection: one request at a time, from its head to its answer, or to an upgrade that takes the
 * connection away. While a handler works nothing is read. Confined to the event loop.
 */
final class HttpFront extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(HttpFront.class);
    private static final int LINGER_MILLIS = 1_000;

    private final HttpService service;
    private final Visitor visitor;
    private final boolean secure;
    private final ArrayDeque<HttpObject> pipelined = new ArrayDeque<>(0);
    private final Upgrades upgrades;

    private State state = State.HEAD;
    private @Nullable HttpExchange exchange;

    private enum State {
        /** Waiting for a request. */
        HEAD,
        /** Reading the body of {@code exchange}. */
        BODY,
        /** A handler works on {@code exchange}. */
        HANDLER,
        /** The last answer is on its way, or another protocol has the connection: what comes is dropped. */
        OVER
    }

    HttpFront(HttpService service, Visitor visitor, boolean secure) {
        this.service = service;
        this.visitor = visitor;
        this.secure = secure;
        this.upgrades = new Upgrades(service, visitor);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpObject part && state != State.OVER) {
            if (state == State.HANDLER) {
                pipelined.add(part);
            } else {
                accept(ctx, part);
            }
            return;
        }
        if (message instanceof ByteBuf && state == State.OVER) {
            ctx.fireChannelRead(message); // first bytes of the protocol that took over
            return;
        }
        ReferenceCountUtil.release(message);
    }

    private void accept(ChannelHandlerContext ctx, HttpObject part) {
        try {
            if (part.decoderResult().isFailure()) {
                refuseMalformed(ctx, part.decoderResult().cause());
                return;
            }
            if (part instanceof HttpRequest request) {
                onHead(ctx, request);
            }
            if (part instanceof HttpContent content && state == State.BODY) {
                onBody(ctx, content);
            }
        } finally {
            ReferenceCountUtil.release(part);
        }
    }

    private void refuseMalformed(ChannelHandlerContext ctx, Throwable cause) {
        HttpReply reply = switch (cause) {
            case TooLongHttpLineException tooLong -> HttpReply.text(414, "request line too long\n");
            case TooLongHttpHeaderException tooLong -> HttpReply.text(431, "request headers too long\n");
            default -> HttpReply.text(400, "malformed request\n");
        };
        refuse(ctx, Refusal.BAD_HTTP, visitor.source(), "request does not parse", reply);
    }

    /** Answers and closes. */
    private void refuse(ChannelHandlerContext ctx, Refusal reason, IpAddress source, String detail, HttpReply reply) {
        service.meters().refuse(reason, source, detail);
        answerAndClose(ctx, reply);
    }

    private void answerAndClose(ChannelHandlerContext ctx, HttpReply reply) {
        boolean moreToCome = state != State.HANDLER; // of a body that nobody wants
        state = State.OVER;
        dropExchange();
        ChannelFuture written = write(ctx, reply, false);
        if (!moreToCome) {
            written.addListener(ChannelFutureListener.CLOSE);
            return;
        }
        // Closing with unread input would reset the connection and could take the answer with it.
        visitor.clearDeadline();
        var linger =
                ctx.executor().schedule(() -> Visitor.closeNow(ctx.channel()), LINGER_MILLIS, TimeUnit.MILLISECONDS);
        ctx.channel().closeFuture().addListener(closed -> linger.cancel(false));
        written.addListener(done -> {
            if (!secure && ctx.channel() instanceof DuplexChannel duplex) {
                ChannelFuture unused = duplex.shutdownOutput();
            }
        });
        ctx.channel().config().setAutoRead(true);
    }

    private void onHead(ChannelHandlerContext ctx, HttpRequest request) {
        Resolved client = service.clients().resolve(visitor.source(), request.headers());
        IpAddress source = client.address();
        if (client.badHeader()) {
            service.meters().refuse(Refusal.BAD_PROXY_HEADER, source, "a proxy's address header does not parse");
        }
        if (!service.accounts().ofSource(source).takeRequest()) {
            refuse(
                    ctx,
                    Refusal.SOURCE_REQUESTS,
                    source,
                    "too many requests of one address",
                    HttpReply.text(429, "too many requests\n").withHeader("Retry-After", "2"));
            return;
        }
        if (request.protocolVersion().majorVersion() != 1) {
            refuse(ctx, Refusal.BAD_HTTP, source, "HTTP version", HttpReply.text(505, "HTTP/1.1 is needed\n"));
            return;
        }
        if (HttpUtil.isTransferEncodingChunked(request) && request.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
            refuse(ctx, Refusal.BAD_HTTP, source, "two lengths", HttpReply.text(400, "malformed request\n"));
            return;
        }
        RequestTarget target = RequestTarget.of(request.uri());
        String path = target.path();
        String query = target.query();
        visitor.deadline(service.limits().bodyTimeout());

        Upgrades.Decision decision = upgrades.decide(ctx, request, source, path, query);
        switch (decision) {
            case Upgrades.Decision.TakesOver(Runnable takeOver) ->
                begin(ctx, new HttpExchange(request, source, path, query, null, takeOver), 0);
            case Upgrades.Decision.Answer(HttpReply reply) -> answerAndClose(ctx, reply);
            case Upgrades.Decision.NotMine() -> route(ctx, request, source, path, query);
        }
    }

    private void route(ChannelHandlerContext ctx, HttpRequest request, IpAddress source, String path, String query) {
        String method = request.method().name();
        switch (service.routes().match(method, path)) {
            case PathTable.Found<Route> found ->
                begin(
                        ctx,
                        new HttpExchange(request, source, path, query, found, null),
                        found.value().maxBodyBytes());
            case PathTable.WrongMethod<Route> wrong -> unmatched(ctx, request, source, path, wrong.allowed());
            case PathTable.NotFound<Route> none -> unmatched(ctx, request, source, path, Set.of());
            case PathTable.BadPath<Route> bad ->
                answerAndClose(ctx, service.routes().badPath(method, path));
        }
    }

    private void unmatched(
            ChannelHandlerContext ctx, HttpRequest request, IpAddress source, String path, Set<String> allowed) {
        HttpReply reply = GrpcSignpost.isGrpc(request.headers().get(HttpHeaderNames.CONTENT_TYPE))
                ? GrpcSignpost.reply(service)
                : service.routes().unmatched(request.method().name(), path, allowed);
        service.meters().unmatched(reply.status());
        boolean noBody = HttpUtil.getContentLength(request, 0L) == 0 && !HttpUtil.isTransferEncodingChunked(request);
        if (!noBody || !HttpUtil.isKeepAlive(request)) {
            answerAndClose(ctx, reply);
            return;
        }
        exchange = new HttpExchange(request, source, path, "", null, null);
        state = State.HANDLER;
        complete(ctx, reply);
    }

    private void begin(ChannelHandlerContext ctx, HttpExchange next, int maxBodyBytes) {
        long declared = next.declaredLength();
        if (declared < 0) {
            answerAndClose(ctx, HttpReply.text(400, "malformed request\n"));
            return;
        }
        if (declared > maxBodyBytes) {
            tooLarge(ctx, next.source);
            return;
        }
        exchange = next;
        state = State.BODY;
        if (HttpUtil.is100ContinueExpected(next.request)) {
            ChannelFuture unused = ctx.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
    }

    private void tooLarge(ChannelHandlerContext ctx, IpAddress source) {
        refuse(
                ctx,
                Refusal.BODY_TOO_LARGE,
                source,
                "request body too large",
                HttpReply.text(413, "request body too large"));
    }

    private void onBody(ChannelHandlerContext ctx, HttpContent content) {
        HttpExchange current = exchange;
        if (current == null) {
            return;
        }
        switch (current.take(content.content(), service.bodies())) {
            case TOO_LARGE -> {
                tooLarge(ctx, current.source);
                return;
            }
            case NO_ROOM -> {
                refuse(ctx, Refusal.OVERLOADED, current.source, "too many request bodies", overloaded());
                return;
            }
            case TAKEN -> {}
        }
        if (content instanceof LastHttpContent) {
            if (current.upgrade != null) {
                takeOver(ctx, current.upgrade);
            } else {
                run(ctx, current);
            }
        }
    }

    private static HttpReply overloaded() {
        return HttpReply.text(503, "overloaded\n").withHeader("Retry-After", "2");
    }

    private void takeOver(ChannelHandlerContext ctx, Runnable upgrade) {
        if (!pipelined.isEmpty()) {
            refuse(ctx, Refusal.BAD_UPGRADE, visitor.source(), "upgrade in a pipeline of requests", overloaded());
            return;
        }
        state = State.OVER;
        dropExchange();
        upgrade.run();
    }

    private void run(ChannelHandlerContext ctx, HttpExchange current) {
        PathTable.@Nullable Found<Route> route = current.route;
        if (route == null) {
            return;
        }
        if (!service.atWork().tryAcquire()) {
            refuse(ctx, Refusal.OVERLOADED, current.source, "too many requests at work", overloaded());
            return;
        }
        state = State.HANDLER;
        visitor.clearDeadline();
        ctx.channel().config().setAutoRead(false);
        HttpCall call = new HttpCall(
                current.request.method().name(),
                current.path,
                current.query,
                route.variables(),
                current.request.headers(),
                current.readBody(),
                current.source,
                secure);
        service.meters().requestsAtWork().incrementAndGet();
        try {
            service.handlers().execute(() -> {
                HttpReply reply = handle(route, call);
                service.atWork().release();
                service.meters().requestsAtWork().decrementAndGet();
                ctx.executor().execute(() -> {
                    service.meters()
                            .requestTook(
                                    call.method(),
                                    route.pattern(),
                                    reply.status(),
                                    System.nanoTime() - current.startedNanos);
                    complete(ctx, reply);
                });
            });
        } catch (RejectedExecutionException e) {
            service.atWork().release();
            service.meters().requestsAtWork().decrementAndGet();
            answerAndClose(ctx, overloaded());
        }
    }

    private static HttpReply handle(PathTable.Found<Route> route, HttpCall call) {
        try {
            return route.value().handler().handle(call);
        } catch (Exception e) {
            LOG.atError().addKeyValue("route", route.pattern()).setCause(e).log("a request failed");
            return HttpReply.text(500, "internal server error\n");
        }
    }

    private void complete(ChannelHandlerContext ctx, HttpReply reply) {
        HttpExchange done = exchange;
        if (state != State.HANDLER || done == null) {
            return;
        }
        boolean keepAlive = HttpUtil.isKeepAlive(done.request);
        LOG.atDebug()
                .addKeyValue("source", done.source)
                .addKeyValue("method", done.request.method())
                .addKeyValue("status", reply.status())
                .log("http request");
        if (!keepAlive) {
            answerAndClose(ctx, reply);
            return;
        }
        dropExchange();
        state = State.HEAD;
        ChannelFuture unused = write(ctx, reply, true);
        visitor.deadline(service.limits().idleTimeout());
        ctx.channel().config().setAutoRead(true);
        while (state != State.HANDLER && !pipelined.isEmpty()) {
            HttpObject next = pipelined.remove();
            if (state == State.OVER) {
                ReferenceCountUtil.release(next);
            } else {
                accept(ctx, next);
            }
        }
    }

    private ChannelFuture write(ChannelHandlerContext ctx, HttpReply reply, boolean keepAlive) {
        return ctx.writeAndFlush(HttpResponses.of(reply, keepAlive));
    }

    private void dropExchange() {
        HttpExchange current = exchange;
        exchange = null;
        if (current != null) {
            current.release(service.bodies());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        state = State.OVER;
        release();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        release();
    }

    private void release() {
        dropExchange();
        pipelined.forEach(ReferenceCountUtil::release);
        pipelined.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable root = cause.getCause() == null ? cause : cause.getCause();
        if (root instanceof SSLException || root instanceof NotSslRecordException) {
            service.meters().refuse(Refusal.BAD_TLS, visitor.source(), "TLS handshake failed");
        } else if (!(root instanceof IOException)) {
            service.meters()
                    .refuse(Refusal.BAD_HTTP, visitor.source(), root.getClass().getSimpleName());
        }
        ChannelFuture unused = ctx.close();
    }

    static void removeHttp(ChannelHandlerContext ctx) {
        // The codec passes on what it has not read yet, to this handler and so to the one behind it.
        if (ctx.pipeline().get(HttpServerCodec.class) != null) { // a WebSocket handshake has removed it
            ctx.pipeline().remove(HttpServerCodec.class);
        }
        ctx.pipeline().remove(ctx.handler());
    }
}
