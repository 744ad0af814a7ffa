package io.fleetscale.control.frontdoor.noise;

import io.fleetscale.wire.noise.NoiseException;
import io.fleetscale.wire.noise.NoiseFormat;
import io.fleetscale.wire.noise.RecordOpener;
import io.fleetscale.wire.noise.RecordSealer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandler;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records on the wire side, plain bytes on the other. What is written between two flushes is sealed together, so that a
 * small HTTP/2 frame and its header share one record. Confined to the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the promise that is passed along tells
public final class NoiseRecords extends ByteToMessageDecoder implements ChannelOutboundHandler, FrameOutlet {
    /** How much plaintext is sealed into one outgoing buffer. */
    private static final int MAX_GATHERED_BYTES = 4 * NoiseFormat.MAX_PLAINTEXT_LENGTH;

    /** Where small pieces are gathered before sealing; one for each event loop. */
    private static final ThreadLocal<ByteBuf> GATHER =
            ThreadLocal.withInitial(() -> Unpooled.buffer(MAX_GATHERED_BYTES, MAX_GATHERED_BYTES));

    private final RecordSealer sealer;
    private final RecordOpener opener;
    private final Runnable onFirstRecord;
    private @Nullable ArrayDeque<Waiting> waiting;
    private boolean proven;
    private @Nullable ChannelHandlerContext context;

    private record Waiting(ByteBuf plain, ChannelPromise promise) {}

    /** @param onFirstRecord told when the first record has opened: the peer holds the keys, it was no replay */
    public NoiseRecords(RecordSealer sealer, RecordOpener opener, Runnable onFirstRecord) {
        this.sealer = sealer;
        this.opener = opener;
        this.onFirstRecord = onFirstRecord;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        try {
            @Nullable ByteBuf plain = opener.open(in);
            while (plain != null) {
                if (!proven) {
                    proven = true;
                    onFirstRecord.run();
                }
                if (plain.isReadable()) {
                    out.add(plain);
                } else {
                    plain.release();
                }
                plain = opener.open(in);
            }
        } catch (NoiseException e) {
            in.skipBytes(in.readableBytes());
            throw new DecoderException(e);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf plain) {
            ArrayDeque<Waiting> queue = waiting;
            if (queue == null) {
                queue = new ArrayDeque<>(4);
                waiting = queue;
            }
            queue.add(new Waiting(plain, promise));
        } else {
            ctx.write(message, promise);
        }
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        try {
            for (ArrayDeque<Waiting> queue = waiting; queue != null; queue = waiting) {
                sealSome(ctx, queue);
            }
        } catch (NoiseException e) {
            failWaiting(e);
            ctx.fireExceptionCaught(e);
            ctx.close();
        }
        ctx.flush();
    }

    @Override
    public boolean isFree() {
        return waiting == null && context != null;
    }

    @Override
    public ByteBuf blank() {
        return GATHER.get().clear();
    }

    @Override
    public void send() {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            throw new IllegalStateException("records are sent by a handler of a pipeline only");
        }
        try {
            ctx.writeAndFlush(sealed(ctx, GATHER.get().retain()), ctx.voidPromise());
        } catch (NoiseException e) {
            ctx.fireExceptionCaught(e);
            ctx.close();
        }
    }

    /** One buffer of records from the front of what waits, which is given up before anything else can be written. */
    private void sealSome(ChannelHandlerContext ctx, ArrayDeque<Waiting> queue) throws NoiseException {
        Waiting first = queue.remove();
        if (queue.isEmpty() || first.plain().readableBytes() >= MAX_GATHERED_BYTES) {
            dropEmpty(queue);
            seal(ctx, first.plain(), first.promise());
            return;
        }
        ByteBuf gather = GATHER.get().clear();
        ArrayList<ChannelPromise> promises = new ArrayList<>(4);
        take(first, gather, promises);
        @Nullable Waiting next = queue.peek();
        while (next != null && next.plain().readableBytes() <= gather.writableBytes()) {
            take(queue.remove(), gather, promises);
            next = queue.peek();
        }
        dropEmpty(queue);
        seal(ctx, gather.retain(), joined(ctx, promises));
    }

    private void dropEmpty(ArrayDeque<Waiting> queue) {
        if (queue.isEmpty()) {
            waiting = null;
        }
    }

    private static void take(Waiting piece, ByteBuf gather, List<ChannelPromise> promises) {
        gather.writeBytes(piece.plain());
        piece.plain().release();
        if (!piece.promise().isVoid()) {
            promises.add(piece.promise());
        }
    }

    /** A promise that completes each of {@code promises}; one that aggregates may be among them several times. */
    private static ChannelPromise joined(ChannelHandlerContext ctx, List<ChannelPromise> promises) {
        if (promises.isEmpty()) {
            return ctx.voidPromise();
        }
        if (promises.size() == 1) {
            return promises.getFirst();
        }
        ChannelPromise all = ctx.newPromise();
        all.addListener(done -> {
            for (ChannelPromise promise : promises) {
                if (done.isSuccess()) {
                    promise.trySuccess();
                } else {
                    promise.tryFailure(done.cause());
                }
            }
        });
        return all;
    }

    /** Releases {@code plain}. */
    private void seal(ChannelHandlerContext ctx, ByteBuf plain, ChannelPromise promise) throws NoiseException {
        ByteBuf sealed;
        try {
            sealed = sealed(ctx, plain);
        } catch (NoiseException e) {
            promise.tryFailure(e);
            throw e;
        }
        ctx.write(sealed, promise);
    }

    /** Releases {@code plain}. */
    private ByteBuf sealed(ChannelHandlerContext ctx, ByteBuf plain) throws NoiseException {
        ByteBuf out = ctx.alloc().directBuffer(RecordSealer.sealedLength(plain.readableBytes()));
        try {
            sealer.seal(plain, out);
            return out;
        } catch (NoiseException e) {
            out.release();
            throw e;
        } finally {
            plain.release();
        }
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        failWaiting(new ClosedChannelException());
    }

    private void failWaiting(Throwable cause) {
        ArrayDeque<Waiting> queue = waiting;
        waiting = null;
        if (queue != null) {
            for (Waiting left : queue) {
                left.plain().release();
                left.promise().tryFailure(cause);
            }
        }
    }

    @Override
    public void bind(ChannelHandlerContext ctx, SocketAddress local, ChannelPromise promise) {
        ctx.bind(local, promise);
    }

    @Override
    public void connect(ChannelHandlerContext ctx, SocketAddress remote, SocketAddress local, ChannelPromise promise) {
        ctx.connect(remote, local, promise);
    }

    @Override
    public void disconnect(ChannelHandlerContext ctx, ChannelPromise promise) {
        flush(ctx);
        ctx.disconnect(promise);
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        flush(ctx);
        ctx.close(promise);
    }

    @Override
    public void deregister(ChannelHandlerContext ctx, ChannelPromise promise) {
        ctx.deregister(promise);
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        ctx.read();
    }
}
