package io.fleetscale.relay.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;

/**
 * Carries a byte stream in binary WebSocket messages; their boundaries mean nothing. Messages to the client have at most
 * {@value #MAX_MESSAGE_BYTES} bytes, because the client's library refuses longer ones. Source: tailscale
 * net/wsconn/wsconn.go.
 */
public final class WebSocketBytes extends ChannelDuplexHandler {
    /** Longest message to the client. */
    public static final int MAX_MESSAGE_BYTES = 32 * 1024;
    /** Longest frame from the client: its library writes large packets in one piece. */
    public static final int MAX_INCOMING_FRAME_BYTES = 256 * 1024;

    private boolean inText;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof WebSocketFrame frame)) {
            ReferenceCountUtil.release(message);
            return;
        }
        switch (frame) {
            case BinaryWebSocketFrame binary -> ctx.fireChannelRead(binary.content());
            case ContinuationWebSocketFrame more when !inText -> ctx.fireChannelRead(more.content());
            case PingWebSocketFrame ping -> {
                var unused = ctx.writeAndFlush(new PongWebSocketFrame(ping.content()));
            }
            case PongWebSocketFrame pong -> pong.release();
            case CloseWebSocketFrame close -> {
                close.release();
                close(ctx, WebSocketCloseStatus.NORMAL_CLOSURE);
            }
            case TextWebSocketFrame text -> {
                inText = true;
                text.release();
                close(ctx, WebSocketCloseStatus.INVALID_MESSAGE_TYPE);
            }
            default -> frame.release();
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (!(message instanceof ByteBuf bytes)) {
            var unused = ctx.write(message, promise);
            return;
        }
        while (bytes.readableBytes() > MAX_MESSAGE_BYTES) {
            BinaryWebSocketFrame part = new BinaryWebSocketFrame(bytes.readRetainedSlice(MAX_MESSAGE_BYTES));
            var unused = ctx.write(part, ctx.voidPromise());
        }
        var unused = ctx.write(new BinaryWebSocketFrame(bytes), promise);
    }

    private static void close(ChannelHandlerContext ctx, WebSocketCloseStatus status) {
        var unused = ctx.writeAndFlush(new CloseWebSocketFrame(status)).addListener(ChannelFutureListener.CLOSE);
    }
}
