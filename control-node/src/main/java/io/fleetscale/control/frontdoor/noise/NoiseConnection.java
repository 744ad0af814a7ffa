package io.fleetscale.control.frontdoor.noise;

import io.fleetscale.control.frontdoor.limit.Account;
import io.fleetscale.control.frontdoor.limit.Visitor;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.noise.NoiseException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The end of a Noise connection's pipeline: who is there, whether it is still alive, how much of it is at work.
 *
 * <p>A client that was silent for 15-30 s is pinged and has as long again to answer. Confined to the event loop.
 */
final class NoiseConnection extends ChannelInboundHandlerAdapter implements Runnable {
    static final AttributeKey<NoiseConnection> KEY = AttributeKey.valueOf(NoiseConnection.class, "connection");

    private static final int MIN_TICK_MILLIS = 15_000;
    private static final int MAX_TICK_MILLIS = 30_000;
    private static final int MAX_BODY_BYTES = 4 * 1024 * 1024;
    private static final AtomicLong COUNT = new AtomicLong();

    private final NoiseService service;
    private final Http2FrameCodec http2;
    private final Visitor visitor;
    private final Account account;
    private final MachineKey peer;
    private final int version;
    private final IpAddress source;
    private final long number = COUNT.incrementAndGet();

    private @Nullable ChannelHandlerContext context;
    private @Nullable ScheduledFuture<?> tick;
    private @Nullable ScheduledFuture<?> stall;
    private boolean heard;
    private boolean pinged;
    private boolean counted;
    private boolean flushPlanned;
    private int streams;
    private int bodyBytes;
    private long idleSinceNanos = System.nanoTime();

    NoiseConnection(
            NoiseService service,
            Http2FrameCodec http2,
            Visitor visitor,
            Account account,
            MachineKey peer,
            int version,
            IpAddress source) {
        this.service = service;
        this.http2 = http2;
        this.visitor = visitor;
        this.account = account;
        this.peer = peer;
        this.version = version;
        this.source = source;
    }

    NoiseService service() {
        return service;
    }

    Account account() {
        return account;
    }

    MachineKey peer() {
        return peer;
    }

    int version() {
        return version;
    }

    IpAddress source() {
        return source;
    }

    /** Which of this process's connections it is. */
    long number() {
        return number;
    }

    /** The first record opened: from here on the machine key pays, not the address. */
    void proven() {
        visitor.clearDeadline();
        if (!visitor.countAgainst(account)) {
            service.meters()
                    .refuse(
                            Refusal.MACHINE_CONNECTIONS,
                            source,
                            "too many connections of machine key " + peer.toShortText());
            closeHard();
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        counted = true;
        service.meters().noiseConnections().incrementAndGet();
        visitor.deadline(service.limits().headTimeout());
        scheduleTick(ctx);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (counted) {
            counted = false;
            service.meters().noiseConnections().decrementAndGet();
        }
        cancel(tick);
        cancel(stall);
        ctx.fireChannelInactive();
    }

    private static void cancel(@Nullable ScheduledFuture<?> task) {
        if (task != null) {
            task.cancel(false);
        }
    }

    private void scheduleTick(ChannelHandlerContext ctx) {
        int millis = ThreadLocalRandom.current().nextInt(MIN_TICK_MILLIS, MAX_TICK_MILLIS);
        tick = ctx.executor().schedule(this, millis, TimeUnit.MILLISECONDS);
    }

    /** One look at whether the peer is there. */
    @Override
    public void run() {
        ChannelHandlerContext ctx = context;
        if (ctx == null || !ctx.channel().isActive()) {
            return;
        }
        if (streams == 0
                && System.nanoTime() - idleSinceNanos
                        > service.limits().noiseIdleTimeout().toNanos()) {
            ChannelFuture unused = ctx.close(); // GOAWAY; the client dials anew when it needs us
            return;
        }
        if (heard) {
            pinged = false;
        } else if (pinged) {
            service.meters().count(Refusal.PING_TIMEOUT);
            closeHard();
            return;
        } else {
            pinged = true;
            ChannelFuture unused = ctx.channel().writeAndFlush(new DefaultHttp2PingFrame(System.nanoTime()));
        }
        heard = false;
        scheduleTick(ctx);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        heard = true;
        ctx.fireChannelReadComplete();
    }

    /** Frames of the connection itself: settings, ping acknowledgements, GOAWAY. */
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        cancel(stall);
        stall = null;
        if (!ctx.channel().isWritable()) {
            stall = ctx.executor()
                    .schedule(
                            () -> {
                                service.meters()
                                        .refuse(Refusal.SLOW_READER, source, "a client takes nothing that is sent");
                                closeHard();
                            },
                            service.limits().stallTimeout().toNanos(),
                            TimeUnit.NANOSECONDS);
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null && !(root instanceof NoiseException) && !(root instanceof Http2Exception)) {
            root = root.getCause();
        }
        if (root instanceof NoiseException bad) {
            service.meters().refuse(Refusal.BAD_RECORD, source, String.valueOf(bad.getMessage()));
        } else if (root instanceof Http2Exception bad) {
            service.meters().refuse(Refusal.BAD_HTTP2, source, "HTTP/2 " + bad.error());
        } else if (!(root instanceof IOException)) {
            service.meters()
                    .refuse(
                            Refusal.BAD_HTTP2,
                            source,
                            "connection fault " + root.getClass().getSimpleName());
        }
        closeHard();
    }

    private void closeHard() {
        if (context != null) {
            Visitor.closeNow(context.channel());
        }
    }

    /** Takes room for a part of a request body; false if this connection, or all together, hold enough. */
    boolean holdBody(int bytes) {
        if (bodyBytes + bytes > MAX_BODY_BYTES || !service.bodies().take(bytes)) {
            return false;
        }
        bodyBytes += bytes;
        return true;
    }

    void releaseBody(int bytes) {
        bodyBytes -= bytes;
        service.bodies().giveBack(bytes);
    }

    void streamOpened() {
        streams++;
        service.meters().openRpcs().incrementAndGet();
    }

    void streamClosed() {
        streams--;
        service.meters().openRpcs().decrementAndGet();
        if (streams == 0) {
            idleSinceNanos = System.nanoTime();
        }
    }

    /** The way for the body of an answer that comes in pieces; null if the stream is gone. */
    @Nullable
    BodyFrames bodyOf(int streamId, Runnable onWatermark) {
        Http2Stream stream = http2.connection().stream(streamId);
        ChannelHandlerContext ctx = context;
        if (stream == null || ctx == null) {
            return null;
        }
        NoiseRecords records = ctx.pipeline().get(NoiseRecords.class);
        return records == null
                ? null
                : new BodyFrames(
                        http2.connection().remote().flowController(),
                        stream,
                        http2.connection().connectionStream(),
                        records,
                        onWatermark);
    }

    /** What was written leaves now, unless it leaves at the end of this turn anyway. */
    void flushNow() {
        ChannelHandlerContext ctx = context;
        if (!flushPlanned && ctx != null) {
            ctx.flush();
        }
    }

    /** Tells the client to come again over another connection, and closes this one when its streams have ended. */
    void sendAway() {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ChannelFuture unused = ctx.close();
        }
    }

    /** All that is written in this turn of the event loop leaves at its end. */
    void flushSoon() {
        ChannelHandlerContext ctx = context;
        if (!flushPlanned && ctx != null) {
            flushPlanned = true;
            ctx.executor().execute(() -> {
                flushPlanned = false;
                ctx.flush();
            });
        }
    }
}
