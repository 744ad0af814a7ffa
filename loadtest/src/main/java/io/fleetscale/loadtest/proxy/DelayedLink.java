package io.fleetscale.loadtest.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * One direction of a connection through the fault proxy. Reads one piece at a time and the next when that one is written, so
 * that order holds and nothing queues. Confined to the event loop that both sides share.
 */
final class DelayedLink extends ChannelInboundHandlerAdapter {
    private static final long HELD_CHECK_MILLIS = 20;

    private final Channel other;
    private final Supplier<FaultProxy.Weather> weather;
    private final boolean fromClient;

    DelayedLink(Channel other, Supplier<FaultProxy.Weather> weather, boolean fromClient) {
        this.other = other;
        this.weather = weather;
        this.fromClient = fromClient;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        Duration delay = weather.get().requestDelay();
        if (fromClient && delay.isPositive()) {
            ScheduledFuture<?> unused =
                    ctx.executor().schedule(() -> pass(ctx, (ByteBuf) message), delay.toNanos(), TimeUnit.NANOSECONDS);
        } else {
            pass(ctx, (ByteBuf) message);
        }
    }

    private void pass(ChannelHandlerContext ctx, ByteBuf message) {
        if (!other.isActive()) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (weather.get().holds()) {
            ScheduledFuture<?> unused =
                    ctx.executor().schedule(() -> pass(ctx, message), HELD_CHECK_MILLIS, TimeUnit.MILLISECONDS);
            return;
        }
        other.writeAndFlush(message).addListener((ChannelFuture written) -> {
            if (written.isSuccess()) {
                ctx.read();
            } else {
                ChannelFuture unused = ctx.close();
            }
        });
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (other.isActive()) {
            other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ChannelFuture unused = ctx.close();
    }
}
