package io.fleetscale.loadtest.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;

/** The frames of one answer as three calls, the last exactly once. Confined to the event loop. */
abstract class StreamFrames extends ChannelInboundHandlerAdapter {
    private boolean ended;

    abstract void onHead(ChannelHandlerContext ctx, int status);

    /** @param piece not to be kept */
    abstract void onData(ChannelHandlerContext ctx, ByteBuf piece) throws ControlException;

    /** @param cause empty if the body ended as it should */
    abstract void onEnd(Optional<Throwable> cause);

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws ControlException {
        try {
            if (message instanceof Http2HeadersFrame head) {
                CharSequence status = head.headers().status();
                if (status != null) {
                    onHead(ctx, Integer.parseInt(status.toString()));
                }
                if (head.isEndStream()) {
                    end(Optional.empty());
                }
            } else if (message instanceof Http2DataFrame data) {
                onData(ctx, data.content());
                if (data.isEndStream()) {
                    end(Optional.empty());
                }
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame reset) {
            end(Optional.of(new ControlException("stream reset by the server, code " + reset.errorCode())));
        }
        ReferenceCountUtil.release(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end(Optional.of(new ControlException("connection lost")));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        end(Optional.of(cause));
        ChannelFuture unused = ctx.close();
    }

    final void end(Optional<Throwable> cause) {
        if (!ended) {
            ended = true;
            onEnd(cause);
        }
    }
}
