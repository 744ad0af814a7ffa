package io.fleetscale.control.frontdoor.http;

import io.fleetscale.control.frontdoor.meter.FrontDoorMeters;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.wire.ip.IpAddress;
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
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.util.ReferenceCountUtil;

/** Binary WebSocket messages as one stream of bytes; message boundaries mean nothing. Confined to the event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // the promise that is passed along tells
final class WebSocketBytes extends ChannelDuplexHandler {
    private final FrontDoorMeters meters;
    private final IpAddress source;

    WebSocketBytes(FrontDoorMeters meters, IpAddress source) {
        this.meters = meters;
        this.source = source;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        switch (message) {
            case BinaryWebSocketFrame binary -> ctx.fireChannelRead(binary.content());
            case ContinuationWebSocketFrame more -> ctx.fireChannelRead(more.content());
            case PingWebSocketFrame ping -> ctx.writeAndFlush(new PongWebSocketFrame(ping.content()));
            case PongWebSocketFrame pong -> pong.release();
            case CloseWebSocketFrame close -> ctx.writeAndFlush(close).addListener(ChannelFutureListener.CLOSE);
            default -> {
                ReferenceCountUtil.release(message);
                meters.refuse(Refusal.BAD_WEBSOCKET, source, "WebSocket message that is not binary");
                ctx.writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.INVALID_MESSAGE_TYPE))
                        .addListener(ChannelFutureListener.CLOSE);
            }
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes) {
            ctx.write(new BinaryWebSocketFrame(bytes), promise);
        } else {
            ctx.write(message, promise);
        }
    }
}
