package io.fleetscale.control.frontdoor.noise;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a client sends before the protocol is settled; on removal the bytes go on to the next handler. Reading is
 * off meanwhile, so it holds what one read brought, and no more than {@link #MAX_HELD_BYTES}.
 */
public final class HeldBytes extends ChannelInboundHandlerAdapter {
    static final int MAX_HELD_BYTES = 256 * 1024;

    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(2);
    private int bytes;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf data)) {
            ReferenceCountUtil.release(message);
            return;
        }
        bytes += data.readableBytes();
        if (bytes > MAX_HELD_BYTES) {
            data.release();
            ChannelFuture unused = ctx.close();
            return;
        }
        held.add(data);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        boolean pass = ctx.channel().isActive();
        @Nullable ByteBuf next = held.poll();
        boolean any = next != null;
        while (next != null) {
            if (pass) {
                ctx.fireChannelRead(next);
            } else {
                next.release();
            }
            next = held.poll();
        }
        if (any && pass) {
            ctx.fireChannelReadComplete();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ChannelFuture unused = ctx.close(); // the peer has gone, or its TLS is broken: nothing is lost but the attempt
    }
}
