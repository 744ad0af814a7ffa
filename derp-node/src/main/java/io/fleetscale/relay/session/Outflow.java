package io.fleetscale.relay.session;

import io.fleetscale.relay.limits.QueueLimits;
import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.DropReason;
import io.fleetscale.relay.metrics.LoopCounters;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.DerpLimits;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a connection. Small frames of one turn of the event loop are gathered in one buffer, so that they
 * become one TLS record and one system call; large ones are passed on as they are. What the channel does not take waits
 * in a {@link PacketQueue}. Confined to the connection's event loop.
 */
public final class Outflow {
    /** What the packets of a connection are on the wire. */
    public enum Carries {
        /** RecvPacket frames, for a node. */
        RECEIVED(DerpLimits.KEY_BYTES, Counter.PACKETS_SENT),
        /** ForwardPacket frames, for another relay. */
        FORWARDED(2 * DerpLimits.KEY_BYTES, Counter.PACKETS_FORWARDED_OUT);

        private final int keysBytes;
        private final Counter sent;

        Carries(int keysBytes, Counter sent) {
            this.keysBytes = keysBytes;
            this.sent = sent;
        }
    }

    /** A frame of more bytes is not copied. */
    static final int MAX_GATHERED_FRAME_BYTES = 8 * 1024;
    /** The plaintext of one TLS record. */
    private static final int GATHER_BYTES = 16 * 1024;

    private static final int FIRST_GATHER_BYTES = 2 * 1024;
    /** So much is handed to the channel before it is flushed and asked again whether it takes more. */
    private static final int MAX_UNFLUSHED_BYTES = 64 * 1024;
    /** Control frames are not dropped; a connection that leaves so many unread is ended. */
    private static final int MAX_UNREAD_CONTROL_FRAMES = 256;

    private final ChannelHandlerContext ctx;
    private final QueueLimits limits;
    private final QueueMemory memory;
    private final LoopCounters counters;
    private final Carries carries;
    private @Nullable ByteBuf gather;
    private @Nullable PacketQueue queue;
    private int unflushedBytes;
    private int unreadControlFrames;
    private boolean draining;
    private boolean closed;
    private long handedOverBytes;
    private long movedBytes;
    private long movedAtNanos;

    Outflow(ChannelHandlerContext ctx, QueueLimits limits, QueueMemory memory, LoopCounters counters) {
        this(ctx, limits, memory, counters, Carries.RECEIVED);
    }

    public Outflow(
            ChannelHandlerContext ctx, QueueLimits limits, QueueMemory memory, LoopCounters counters, Carries carries) {
        this.ctx = ctx;
        this.limits = limits;
        this.memory = memory;
        this.counters = counters;
        this.carries = carries;
    }

    /** Sends or queues a finished RecvPacket frame. The buffer is lent. */
    void packet(ByteBuf buffer, int start, int frameBytes, boolean isDisco) {
        if (closed) {
            counters.dropped(DropReason.GONE_DISCONNECTED, isDisco, packetBytes(frameBytes));
        } else if (queue != null || !ctx.channel().isWritable()) {
            // A copy of its own, so that a waiting packet never pins the large buffer that it came in.
            enqueue(ctx.alloc().buffer(frameBytes).writeBytes(buffer, start, frameBytes), isDisco);
        } else if (frameBytes > MAX_GATHERED_FRAME_BYTES) {
            sent(frameBytes);
            writeLarge(buffer.retainedSlice(start, frameBytes));
        } else {
            sent(frameBytes);
            room(frameBytes).writeBytes(buffer, start, frameBytes);
            added(frameBytes);
        }
    }

    /**
     * Sends or queues the packet of a SendPacket frame at {@code start} as a ForwardPacket of {@code source}. The buffer is
     * lent.
     */
    public void forward(byte[] source, ByteBuf buffer, int start, int frameBytes, boolean isDisco) {
        int rest = start + DerpLimits.HEADER_BYTES;
        int restBytes = frameBytes - DerpLimits.HEADER_BYTES;
        int packetBytes = restBytes - DerpLimits.KEY_BYTES;
        int forwardBytes = frameBytes + DerpLimits.KEY_BYTES;
        if (closed) {
            counters.dropped(DropReason.GONE_DISCONNECTED, isDisco, packetBytes);
        } else if (queue != null || !ctx.channel().isWritable()) {
            ByteBuf frame = ctx.alloc().buffer(forwardBytes);
            DerpFrameEncoder.forwardHead(frame, source, packetBytes);
            enqueue(frame.writeBytes(buffer, rest, restBytes), isDisco);
        } else if (forwardBytes > MAX_GATHERED_FRAME_BYTES) {
            sent(forwardBytes);
            DerpFrameEncoder.forwardHead(room(forwardBytes - restBytes), source, packetBytes);
            writeLarge(buffer.retainedSlice(rest, restBytes));
        } else {
            sent(forwardBytes);
            ByteBuf out = room(forwardBytes);
            DerpFrameEncoder.forwardHead(out, source, packetBytes);
            out.writeBytes(buffer, rest, restBytes);
            added(forwardBytes);
        }
    }

    /**
     * A buffer with room for a control frame of {@code frameBytes} bytes, which the caller writes; null when the
     * connection has ended or takes no more.
     */
    public @Nullable ByteBuf control(int frameBytes) {
        if (closed) {
            return null;
        }
        if (ctx.channel().isWritable()) {
            unreadControlFrames = 0;
        } else if (++unreadControlFrames > MAX_UNREAD_CONTROL_FRAMES) {
            return null;
        }
        // Not flushed here: the caller has yet to write the frame.
        ByteBuf buffer = room(frameBytes);
        unflushedBytes += frameBytes;
        return buffer;
    }

    boolean isClosed() {
        return closed;
    }

    public boolean hasUnflushed() {
        return unflushedBytes > 0;
    }

    /** Sends what has been gathered. */
    public void flush() {
        if (closed) {
            return;
        }
        writeGathered();
        unflushedBytes = 0;
        ctx.flush();
    }

    /** The channel takes more again: sends what has waited, as far as it goes. */
    public void drain(long nowNanos) {
        if (draining || queue == null) {
            return;
        }
        draining = true;
        try {
            do {
                moveQueued();
                // A flush that the socket takes whole makes the channel writable again while this method still runs:
                // nobody else would come for the rest.
                flush();
            } while (queue != null && !closed && ctx.channel().isWritable());
            movedAtNanos = nowNanos;
        } finally {
            draining = false;
        }
    }

    private void moveQueued() {
        while (queue != null && !closed && ctx.channel().isWritable()) {
            ByteBuf frame = queue.poll();
            if (frame == null) {
                queue = null;
                return;
            }
            int frameBytes = frame.readableBytes();
            sent(frameBytes);
            if (frameBytes > MAX_GATHERED_FRAME_BYTES) {
                writeLarge(frame);
            } else {
                room(frameBytes).writeBytes(frame);
                frame.release();
                added(frameBytes);
            }
        }
    }

    /** Whether bytes wait for the other side, beyond what its socket has taken. */
    public boolean isWaiting() {
        return !closed && (queue != null || pendingBytes() > 0);
    }

    /** Starts the clock of {@link #stalledNanos}. */
    public void watch(long nowNanos) {
        movedBytes = handedOverBytes - pendingBytes();
        movedAtNanos = nowNanos;
    }

    /** For how long nothing has moved towards the other side. */
    public long stalledNanos(long nowNanos) {
        long moved = handedOverBytes - pendingBytes();
        if (moved != movedBytes) {
            movedBytes = moved;
            movedAtNanos = nowNanos;
        }
        return nowNanos - movedAtNanos;
    }

    /** Gives back all memory; later packets are dropped. */
    public void close() {
        closed = true;
        if (gather != null) {
            gather.release();
            gather = null;
        }
        if (queue != null) {
            queue.close();
            queue = null;
        }
    }

    private void enqueue(ByteBuf frame, boolean isDisco) {
        if (queue == null) {
            queue = new PacketQueue(DerpLimits.HEADER_BYTES + carries.keysBytes, limits, memory, counters);
        }
        queue.offer(frame, isDisco);
    }

    private ByteBuf room(int frameBytes) {
        ByteBuf buffer = gather;
        if (buffer != null && buffer.maxWritableBytes() < frameBytes) {
            writeGathered();
            buffer = null;
        }
        if (buffer == null) {
            buffer = ctx.alloc().ioBuffer(Math.max(FIRST_GATHER_BYTES, frameBytes), GATHER_BYTES);
            gather = buffer;
        }
        return buffer;
    }

    private void added(int frameBytes) {
        unflushedBytes += frameBytes;
        if (unflushedBytes > MAX_UNFLUSHED_BYTES) {
            flush();
        }
    }

    private void writeLarge(ByteBuf frame) {
        writeGathered();
        int frameBytes = frame.readableBytes();
        handedOverBytes += frameBytes;
        var unused = ctx.write(frame, ctx.voidPromise());
        added(frameBytes);
    }

    private void writeGathered() {
        ByteBuf buffer = gather;
        if (buffer != null) {
            gather = null;
            handedOverBytes += buffer.readableBytes();
            var unused = ctx.write(buffer, ctx.voidPromise());
        }
    }

    private long pendingBytes() {
        ChannelOutboundBuffer outbound = ctx.channel().unsafe().outboundBuffer();
        return outbound == null ? 0 : outbound.totalPendingWriteBytes();
    }

    private void sent(int frameBytes) {
        counters.increment(carries.sent);
        if (carries == Carries.RECEIVED) {
            counters.add(Counter.BYTES_SENT, packetBytes(frameBytes));
        }
    }

    private int packetBytes(int frameBytes) {
        return frameBytes - DerpLimits.HEADER_BYTES - carries.keysBytes;
    }
}
