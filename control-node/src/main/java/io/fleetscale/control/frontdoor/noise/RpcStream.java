package io.fleetscale.control.frontdoor.noise;

import io.fleetscale.control.frontdoor.http.PathTable;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream of a Noise connection: gathers the request, calls the procedure, carries the answer. Fields are confined to
 * the event loop except {@code answered}, {@code pieces} and {@code over}.
 */
final class RpcStream extends ChannelInboundHandlerAdapter implements NoiseResponse, MapStream {
    static final ChannelHandler INITIALIZER = new Initializer();

    private static final Logger LOG = LoggerFactory.getLogger(RpcStream.class);

    private final NoiseConnection connection;
    private final AtomicBoolean answered = new AtomicBoolean();
    private @Nullable ChannelHandlerContext context;
    private @Nullable EventLoop loop;
    private final RpcIntake intake;
    private volatile @Nullable BodyFrames pieces;
    private @Nullable Runnable onWritable;
    private @Nullable Runnable onClosed;
    private @Nullable ScheduledFuture<?> stall;
    private String endpoint = "";
    private final long openedNanos = System.nanoTime();
    private boolean closed;
    private volatile boolean over;
    /** What the stream's channel says, kept here because each message asks. */
    private volatile boolean channelWritable = true;

    private RpcStream(NoiseConnection connection) {
        this.connection = connection;
        this.intake = new RpcIntake(connection);
    }

    /** Gives each new stream its handler. */
    @Sharable
    private static final class Initializer extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel stream) {
            NoiseConnection connection =
                    stream.parent().attr(NoiseConnection.KEY).get();
            stream.pipeline().addLast(new RpcStream(connection));
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        loop = ctx.channel().eventLoop();
        channelWritable = ctx.channel().isWritable();
        connection.streamOpened();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            switch (message) {
                case Http2HeadersFrame headers -> onHeaders(headers);
                case Http2DataFrame data -> onData(data);
                default -> {} // window updates and the like are the codec's business
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void onHeaders(Http2HeadersFrame frame) {
        if (!answered.get()) {
            intake.head(frame.headers());
        }
        if (frame.isEndStream()) {
            dispatch();
        }
    }

    private void onData(Http2DataFrame frame) {
        if (answered.get() || !intake.isOpen()) {
            return;
        }
        switch (intake.take(frame)) {
            case TAKEN -> {
                if (frame.isEndStream()) {
                    dispatch();
                }
            }
            case TOO_LARGE -> {
                String why = "body of a call is longer than "
                        + connection.service().limits().rpcBodyBytes() + " bytes";
                connection.service().meters().refuse(Refusal.BODY_TOO_LARGE, connection.source(), why);
                answerText(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE.code(), "request body too large\n");
            }
            case NO_ROOM -> {
                connection.service().meters().count(Refusal.OVERLOADED);
                answerText(HttpResponseStatus.SERVICE_UNAVAILABLE.code(), "overloaded\n");
            }
        }
    }

    private void dispatch() {
        Http2Headers headers = answered.get() ? null : intake.complete();
        if (headers == null) {
            return;
        }
        CharSequence method = headers.method();
        CharSequence target = headers.path();
        if (method == null || target == null) {
            answerText(HttpResponseStatus.BAD_REQUEST.code(), "no method or no path\n");
            return;
        }
        if (!connection.account().takeRequest()) {
            connection
                    .service()
                    .meters()
                    .refuse(
                            Refusal.MACHINE_REQUESTS,
                            connection.source(),
                            "too many calls of machine key " + connection.peer().toShortText());
            answer(HttpResponseStatus.TOO_MANY_REQUESTS.code(), Map.of("retry-after", "5"), new byte[0]);
            return;
        }
        String text = target.toString();
        int question = text.indexOf('?');
        String path = question < 0 ? text : text.substring(0, question);
        String query = question < 0 ? "" : text.substring(question + 1);
        switch (connection.service().routes().match(method.toString(), path)) {
            case PathTable.Found<NoiseRpc> found -> {
                endpoint = method + " " + found.pattern();
                byte[] bytes = intake.takeBody();
                NoiseRequest request = new NoiseRequest(
                        connection.peer(),
                        connection.version(),
                        connection.source(),
                        connection.number(),
                        method.toString(),
                        path,
                        query,
                        found.variables(),
                        RpcIntake.plain(headers),
                        bytes);
                call(found.value(), request);
            }
            case PathTable.WrongMethod<NoiseRpc> wrong ->
                answer(
                        HttpResponseStatus.METHOD_NOT_ALLOWED.code(),
                        Map.of("allow", String.join(", ", wrong.allowed())),
                        new byte[0]);
            case PathTable.NotFound<NoiseRpc> none ->
                answerText(HttpResponseStatus.NOT_FOUND.code(), "404 page not found\n");
            case PathTable.BadPath<NoiseRpc> bad -> answerText(HttpResponseStatus.BAD_REQUEST.code(), "bad path\n");
        }
    }

    private void call(NoiseRpc rpc, NoiseRequest request) {
        try {
            connection.service().calls().execute(() -> {
                try {
                    rpc.handle(request, this);
                } catch (Exception e) {
                    LOG.atError().addKeyValue("endpoint", endpoint).setCause(e).log("a call failed");
                    if (!answered.get()) {
                        tryAnswer(HttpResponseStatus.INTERNAL_SERVER_ERROR.code(), "internal server error\n");
                    }
                }
            });
        } catch (RejectedExecutionException e) {
            answerText(HttpResponseStatus.SERVICE_UNAVAILABLE.code(), "shutting down\n");
        }
    }

    private void tryAnswer(int status, String text) {
        try {
            answerText(status, text);
        } catch (IllegalStateException raced) {
            LOG.debug("answered meanwhile", raced);
        }
    }

    private ChannelHandlerContext context() {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            throw new IllegalStateException("stream has no pipeline yet");
        }
        return ctx;
    }

    private void claimAnswer(int status) {
        if (!answered.compareAndSet(false, true)) {
            throw new IllegalStateException("this call was answered already");
        }
        connection.service().meters().rpcAnswered(endpoint, status, System.nanoTime() - openedNanos);
    }

    @Override
    public void answer(int status, Map<String, String> headers, byte[] content) {
        claimAnswer(status);
        inEventLoop(() -> {
            if (closed) {
                return;
            }
            Http2Headers fields = new DefaultHttp2Headers(false)
                    .status(HttpResponseStatus.valueOf(status).codeAsText());
            headers.forEach(fields::set);
            if (content.length > 0) {
                fields.setInt("content-length", content.length);
            }
            ChannelHandlerContext ctx = context();
            ChannelFuture done = ctx.write(new DefaultHttp2HeadersFrame(fields, content.length == 0));
            if (content.length > 0) {
                done = ctx.write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(content), true));
            }
            boolean early = intake.isOpen(); // the request is not complete: nobody reads the rest of it
            intake.drop();
            done.addListener(written -> {
                stopStall();
                if (early && !closed) {
                    resetWith(Http2Error.NO_ERROR);
                }
            });
            connection.flushSoon();
            if (!done.isDone()) {
                startStall();
            }
        });
    }

    @Override
    public MapStream openStream(int status, String contentType) {
        claimAnswer(status);
        inEventLoop(() -> {
            if (!closed) {
                Http2Headers fields = new DefaultHttp2Headers(false)
                        .status(HttpResponseStatus.valueOf(status).codeAsText())
                        .set("content-type", contentType);
                ChannelFuture unused = context().write(new DefaultHttp2HeadersFrame(fields, false));
                pieces = connection.bodyOf(streamId(), this::writabilityChanged);
                intake.drop();
                connection.flushSoon();
            }
        });
        return this;
    }

    private void inEventLoop(Runnable action) {
        EventLoop loop = eventLoop();
        if (loop.inEventLoop()) {
            action.run();
        } else if (!loop.isShuttingDown()) {
            loop.execute(action);
        }
    }

    @Override
    public EventLoop eventLoop() {
        EventLoop known = loop;
        if (known == null) {
            throw new IllegalStateException("stream has no pipeline yet");
        }
        return known;
    }

    @Override
    public void write(ByteBuf piece) {
        requireEventLoop();
        queue(piece);
        connection.flushSoon();
    }

    @Override
    public void writeAndFlush(ByteBuf piece) {
        requireEventLoop();
        BodyFrames out = pieces;
        if (over || out == null || !out.sendNow(piece)) {
            queue(piece);
            connection.flushNow();
        }
    }

    private void queue(ByteBuf piece) {
        BodyFrames out = pieces;
        if (over || out == null) {
            piece.release();
        } else {
            out.write(piece);
        }
    }

    private int streamId() {
        return ((Http2StreamChannel) context().channel()).stream().id();
    }

    private void requireEventLoop() {
        if (!eventLoop().inEventLoop()) {
            throw new IllegalStateException("a map stream is written from its own event loop only");
        }
    }

    @Override
    public boolean isWritable() {
        BodyFrames out = pieces;
        return !over && channelWritable && (out == null || !out.isFull());
    }

    @Override
    public void onWritable(@Nullable Runnable action) {
        requireEventLoop();
        onWritable = action;
    }

    @Override
    public void onClosed(Runnable action) {
        inEventLoop(() -> {
            if (closed) {
                action.run();
            } else {
                onClosed = action;
            }
        });
    }

    @Override
    public boolean isOpen() {
        return !over && context().channel().isActive();
    }

    @Override
    public void end() {
        inEventLoop(() -> {
            if (!over) {
                over = true;
                ChannelFuture unused = context().write(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true));
                connection.flushSoon();
            }
        });
    }

    @Override
    public void sendAway() {
        inEventLoop(() -> {
            end();
            connection.sendAway();
        });
    }

    @Override
    public void reset() {
        inEventLoop(() -> {
            if (!closed) {
                resetWith(Http2Error.CANCEL);
            }
        });
    }

    private void resetWith(Http2Error error) {
        over = true;
        ChannelFuture unused = context().write(new DefaultHttp2ResetFrame(error));
        connection.flushSoon();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        channelWritable = ctx.channel().isWritable();
        writabilityChanged();
    }

    private void writabilityChanged() {
        if (!isWritable()) {
            startStall();
            return;
        }
        stopStall();
        if (onWritable != null) {
            eventLoop().execute(this::tellWritable); // the flow controller may be at work
        }
    }

    private void tellWritable() {
        Runnable action = onWritable;
        if (action != null && isWritable()) {
            action.run();
        }
    }

    private void startStall() {
        if (stall == null && !closed) {
            stall = context()
                    .executor()
                    .schedule(
                            () -> {
                                stall = null;
                                connection
                                        .service()
                                        .meters()
                                        .refuse(
                                                Refusal.SLOW_READER,
                                                connection.source(),
                                                "a stream takes nothing that is sent");
                                resetWith(Http2Error.CANCEL);
                            },
                            connection.service().limits().stallTimeout().toNanos(),
                            TimeUnit.NANOSECONDS);
        }
    }

    private void stopStall() {
        if (stall != null) {
            stall.cancel(false);
            stall = null;
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        close();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        close();
    }

    private void close() {
        if (closed) {
            return;
        }
        closed = true;
        over = true;
        BodyFrames out = pieces;
        if (out != null) {
            out.close();
        }
        connection.streamClosed();
        intake.drop();
        stopStall();
        onWritable = null;
        Runnable action = onClosed;
        onClosed = null;
        if (action != null) {
            action.run();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("stream closed", cause);
        ChannelFuture unused = ctx.close();
    }
}
