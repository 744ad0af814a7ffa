package io.fleetscale.relay.session;

import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.routing.Receiver;
import io.fleetscale.relay.routing.RelayLoop;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Outflow} in its loop: what was appended leaves when the loop ends its batch, and while bytes wait the loop looks whether
 * they move. Confined to the connection's event loop.
 */
public final class Outlet {
    /** What became of the bytes that wait. */
    public enum Progress {
        /** There are none: nobody needs to look again. */
        NOTHING_WAITS,
        MOVES,
        /** For longer than is granted. */
        STANDS_STILL
    }

    private final Receiver connection;
    private final RelayLoop loop;
    private final Channel channel;
    private final Outflow flow;
    private boolean gathered;
    private boolean watched;

    /** @param connection told by the loop when its batch ends, and asked whether bytes move */
    public Outlet(Receiver connection, RelayLoop loop, Channel channel, Outflow flow) {
        this.connection = connection;
        this.loop = loop;
        this.channel = channel;
        this.flow = flow;
    }

    /** Where packets are appended; {@link #appended} follows. */
    public Outflow flow() {
        return flow;
    }

    /**
     * A buffer with room for a control frame of {@code frameBytes} bytes, which the caller writes before anything else; null when
     * the connection has ended or takes no more.
     */
    public @Nullable ByteBuf control(int frameBytes) {
        ByteBuf out = flow.control(frameBytes);
        appended();
        return out;
    }

    /** Sees to it that what was appended leaves. */
    public void appended() {
        if (!gathered && flow.hasUnflushed()) {
            gathered = true;
            loop.gatheredFor(connection);
        }
        if (!watched && !channel.isWritable()) {
            watchIfWaiting();
        }
    }

    /** The loop ends its batch. */
    public void flushBatch() {
        gathered = false;
        flow.flush();
        watchIfWaiting();
    }

    /** The channel takes more again. */
    public void writable() {
        flow.drain(loop.progressNanos());
    }

    /** @param granted for how long nothing may move */
    public Progress progress(long nowNanos, Duration granted) {
        if (!flow.isWaiting()) {
            watched = false;
            return Progress.NOTHING_WAITS;
        }
        if (flow.stalledNanos(nowNanos) > granted.toNanos()) {
            loop.counters().increment(Counter.WRITE_TIMEOUTS);
            watched = false;
            return Progress.STANDS_STILL;
        }
        return Progress.MOVES;
    }

    /** Gives back all memory; nothing leaves any more. */
    public void close() {
        flow.close();
    }

    private void watchIfWaiting() {
        if (!watched && flow.isWaiting()) {
            watched = true;
            flow.watch(loop.progressNanos());
            loop.watch(connection);
        }
    }
}
