package io.fleetscale.relay.session;

import io.fleetscale.relay.limits.QueueLimits;
import io.fleetscale.relay.metrics.DropReason;
import io.fleetscale.relay.metrics.LoopCounters;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Packets that wait because their connection does not take more at the moment. Two lanes: disco packets go first, so that
 * bulk traffic never keeps nodes from finding a direct path. A full lane drops its oldest packet. Owns its buffers.
 * Confined to the connection's event loop.
 */
final class PacketQueue {
    private static final int FIRST_SLOTS = 16;

    private final int overheadBytes;
    private final QueueLimits limits;
    private final QueueMemory memory;
    private final LoopCounters counters;
    private final ArrayDeque<ByteBuf> disco = new ArrayDeque<>(FIRST_SLOTS);
    private final ArrayDeque<ByteBuf> other = new ArrayDeque<>(FIRST_SLOTS);
    private int otherBytes;

    /** @param overheadBytes of a frame, beside its packet */
    PacketQueue(int overheadBytes, QueueLimits limits, QueueMemory memory, LoopCounters counters) {
        this.overheadBytes = overheadBytes;
        this.limits = limits;
        this.memory = memory;
        this.counters = counters;
    }

    boolean isEmpty() {
        return disco.isEmpty() && other.isEmpty();
    }

    /** Takes over a frame. */
    void offer(ByteBuf frame, boolean isDisco) {
        int frameBytes = frame.readableBytes();
        if (!memory.tryTake(frameBytes)) {
            drop(frame, isDisco, DropReason.QUEUE_TAIL);
            return;
        }
        if (isDisco) {
            if (disco.size() >= limits.discoPackets()) {
                dropOldest(disco, true);
            }
            disco.add(frame);
            return;
        }
        while (!other.isEmpty() && (other.size() >= limits.packets() || otherBytes > limits.bytes() - frameBytes)) {
            otherBytes -= other.element().readableBytes();
            dropOldest(other, false);
        }
        other.add(frame);
        otherBytes += frameBytes;
    }

    /** The frame that goes next, owned by the caller; null when the queue is empty. */
    @Nullable
    ByteBuf poll() {
        ByteBuf frame = disco.poll();
        if (frame == null) {
            frame = other.poll();
            if (frame == null) {
                return null;
            }
            otherBytes -= frame.readableBytes();
        }
        memory.giveBack(frame.readableBytes());
        return frame;
    }

    /** Drops everything because the connection has ended. */
    void close() {
        for (ByteBuf frame : disco) {
            memory.giveBack(frame.readableBytes());
            drop(frame, true, DropReason.GONE_DISCONNECTED);
        }
        for (ByteBuf frame : other) {
            memory.giveBack(frame.readableBytes());
            drop(frame, false, DropReason.GONE_DISCONNECTED);
        }
        disco.clear();
        other.clear();
        otherBytes = 0;
    }

    private void dropOldest(ArrayDeque<ByteBuf> lane, boolean isDisco) {
        ByteBuf oldest = lane.remove();
        memory.giveBack(oldest.readableBytes());
        drop(oldest, isDisco, DropReason.QUEUE_HEAD);
    }

    private void drop(ByteBuf frame, boolean isDisco, DropReason reason) {
        counters.dropped(reason, isDisco, frame.readableBytes() - overheadBytes);
        frame.release();
    }
}
