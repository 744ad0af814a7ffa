package io.fleetscale.relay.session;

import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.LoopCounters;
import io.fleetscale.wire.derp.DerpLimits;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How fast a node may send. One that sends faster is not read until its debt is paid; what has been read is passed on. Confined
 * to the connection's event loop.
 */
final class ReceiveLimit {
    private final TokenBucket bucket;
    private final Channel channel;
    private final BooleanSupplier open;
    private final LoopCounters counters;
    private @Nullable Future<?> payment;

    /** @param open whether the connection may be read at all */
    ReceiveLimit(ReceiveRate rate, Channel channel, BooleanSupplier open, LoopCounters counters) {
        this.bucket = new TokenBucket(rate.bytesPerSecond(), rate.burstBytes(), System.nanoTime());
        this.channel = channel;
        this.open = open;
        this.counters = counters;
    }

    /** Books a frame. */
    void charge(int frameBytes) {
        int payloadBytes = frameBytes - DerpLimits.HEADER_BYTES;
        bucket.charge(Math.min(payloadBytes, DerpLimits.MAX_SEND_PACKET_BYTES));
    }

    /** Stops reading for as long as the node owes. */
    void payDebt() {
        if (!open.getAsBoolean() || !channel.config().isAutoRead()) {
            return;
        }
        long debtNanos = bucket.debtNanos(System.nanoTime());
        if (debtNanos > 0) {
            counters.increment(Counter.RATE_LIMIT_WAITED);
            channel.config().setAutoRead(false);
            payment = channel.eventLoop().schedule(this::readAgain, debtNanos, TimeUnit.NANOSECONDS);
        }
    }

    /** Forgives the debt: the limit is not used any more. */
    void lift() {
        if (payment != null && payment.cancel(false)) {
            readAgain();
        }
    }

    private void readAgain() {
        payment = null;
        if (open.getAsBoolean()) {
            channel.config().setAutoRead(true);
        }
    }
}
