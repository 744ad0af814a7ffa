package io.fleetscale.control.frontdoor.limit;

import io.fleetscale.wire.ip.IpAddress;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection at the front door: where it comes from, against whose account it counts, and until when it must have
 * got on. Confined to the connection's event loop.
 */
public final class Visitor {
    private final Channel channel;
    private final Runnable onTimeout;
    private IpAddress source;
    private @Nullable Account account;
    private @Nullable ScheduledFuture<?> deadline;

    /**
     * @param source the peer of the socket
     * @param onTimeout told when a deadline has passed, just before the connection is closed
     */
    public Visitor(Channel channel, IpAddress source, Runnable onTimeout) {
        this.channel = channel;
        this.source = source;
        this.onTimeout = onTimeout;
    }

    public IpAddress source() {
        return source;
    }

    /** A trusted proxy named the client. */
    public void source(IpAddress named) {
        source = named;
    }

    /** Counts this connection against {@code next} instead of the account before; false if that has no room. */
    public boolean countAgainst(Account next) {
        if (account == next) {
            return true;
        }
        if (!next.openConnection()) {
            return false;
        }
        leave();
        account = next;
        return true;
    }

    /** The connection is over, or counts against nobody any more. */
    public void leave() {
        if (account != null) {
            account.closeConnection();
            account = null;
        }
    }

    /** Closes below TLS and HTTP/2, which would wait for the peer or for streams. Any thread. */
    public static void closeNow(Channel channel) {
        ChannelHandlerContext first = channel.pipeline().firstContext();
        ChannelFuture unused = first == null ? channel.close() : first.close();
    }

    /** Closes the connection unless another deadline is set, or this one cleared, within {@code time}. */
    public void deadline(Duration time) {
        clearDeadline();
        deadline = channel.eventLoop()
                .schedule(
                        () -> {
                            onTimeout.run();
                            closeNow(channel);
                        },
                        time.toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    public void clearDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }
}
