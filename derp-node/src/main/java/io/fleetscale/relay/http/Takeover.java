package io.fleetscale.relay.http;

import io.fleetscale.relay.session.DerpSession;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.HttpObjectDecoder;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes a channel from HTTP to frames: everything from the HTTP codec to the end of the pipeline is replaced by the
 * session. What stands in front of the codec (TLS, PROXY protocol) stays, except timers of silence, which have no place
 * on a relay connection.
 *
 * <p>The codec is removed last: at that moment it hands on the bytes that it has read behind the request, and by then
 * the session must be its next handler.
 */
public final class Takeover {
    /** Beyond this a connection's packets wait in the relay's own queues, where the oldest can be dropped. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 128 * 1024);

    private static final long UNSENT_BYTES = 128 * 1024;
    private static final int UNACKNOWLEDGED_MILLIS = 15_000;
    private static final long CLOSE_NOTIFY_MILLIS = 1_000;

    private Takeover() {}

    /** Speaks bare frames; {@code answer} is the HTTP head that goes first, or nothing. */
    public static void frames(ChannelPipeline pipeline, DerpSession session, byte[] answer) {
        List<ChannelHandler> http = httpPart(pipeline);
        pipeline.addLast("derp-session", session);
        leaveHttp(pipeline, http);
        session.start(Unpooled.wrappedBuffer(answer));
    }

    /** Speaks frames inside WebSocket messages. The answer itself goes out in front of the WebSocket encoder. */
    public static void webSocket(ChannelPipeline pipeline, DerpSession session, byte[] answer) {
        List<ChannelHandler> http = httpPart(pipeline);
        WebSocketDecoderConfig frames = WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(WebSocketBytes.MAX_INCOMING_FRAME_BYTES)
                .expectMaskedFrames(true)
                .allowExtensions(false)
                .build();
        pipeline.addLast("websocket-decoder", new WebSocket13FrameDecoder(frames));
        pipeline.addLast("websocket-encoder", new WebSocket13FrameEncoder(false));
        pipeline.addLast("websocket-bytes", new WebSocketBytes());
        pipeline.addLast("derp-session", session);
        leaveHttp(pipeline, http);
        var unused = pipeline.context("websocket-decoder").writeAndFlush(Unpooled.wrappedBuffer(answer));
        session.start(Unpooled.EMPTY_BUFFER);
    }

    private static void leaveHttp(ChannelPipeline pipeline, List<ChannelHandler> http) {
        prepare(pipeline.channel());
        for (ChannelHandler handler : http.reversed()) {
            pipeline.remove(handler);
        }
    }

    /** The codec and everything behind it, in the order of the pipeline. */
    private static List<ChannelHandler> httpPart(ChannelPipeline pipeline) {
        List<ChannelHandler> http = new ArrayList<>();
        for (var entry : pipeline) {
            ChannelHandler handler = entry.getValue();
            boolean codec = handler instanceof HttpServerCodec || handler instanceof HttpObjectDecoder;
            if (!http.isEmpty() || codec) {
                http.add(handler);
            }
        }
        if (http.isEmpty()) {
            throw new IllegalStateException("the pipeline has no HTTP codec: " + pipeline.names());
        }
        return http;
    }

    private static void prepare(Channel channel) {
        IdleStateHandler silence = channel.pipeline().get(IdleStateHandler.class);
        if (silence != null) {
            channel.pipeline().remove(silence);
        }
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null) {
            tls.setCloseNotifyFlushTimeoutMillis(CLOSE_NOTIFY_MILLIS);
        }
        channel.config().setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK);
        if (channel.config().getOptions().containsKey(ChannelOption.TCP_NODELAY)) {
            channel.config().setOption(ChannelOption.TCP_NODELAY, true);
        }
        if (channel instanceof EpollSocketChannel) {
            channel.config().setOption(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT_BYTES);
            channel.config().setOption(EpollChannelOption.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MILLIS);
        }
    }
}
