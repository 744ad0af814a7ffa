package io.fleetscale.control.frontdoor.noise;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * The body of one answer as DATA frames, handed to the flow controller without a detour over the stream's channel: a frame and
 * its header are one buffer without a promise. Confined to the event loop, except {@link #isFull}.
 *
 * <p>The flow controller keeps the order with the frames that the stream's channel writes.
 */
final class BodyFrames {
    /** Above this, the writer is to wait; as Netty's channels have it. */
    static final int HIGH_WATER_BYTES = 64 * 1024;

    static final int LOW_WATER_BYTES = 32 * 1024;

    /** What each peer must take. Source: RFC 9113 4.2. */
    private static final int MAX_FRAME_BYTES = 16_384;

    private static final int HEADER_BYTES = 9;
    private static final byte TYPE_DATA = 0;

    private final Http2RemoteFlowController controller;
    private final Http2Stream stream;
    private final Runnable onWatermark;
    private int pending;
    private volatile boolean full;

    /** @param onWatermark told when {@link #isFull} has changed, maybe from within the flow controller */
    BodyFrames(Http2RemoteFlowController controller, Http2Stream stream, Runnable onWatermark) {
        this.controller = controller;
        this.stream = stream;
        this.onWatermark = onWatermark;
    }

    /** Whether too much waits for the peer. Any thread. */
    boolean isFull() {
        return full;
    }

    /** Queues a piece, which is owned from here on; it leaves with the next flush of the connection. */
    void write(ByteBuf piece) {
        account(piece.readableBytes());
        controller.addFlowControlled(stream, new Piece(piece));
    }

    private void account(int bytes) {
        pending += bytes;
        boolean now = pending > (full ? LOW_WATER_BYTES : HIGH_WATER_BYTES);
        if (now != full) {
            full = now;
            onWatermark.run();
        }
    }

    private final class Piece implements Http2RemoteFlowController.FlowControlled {
        private final ByteBuf content;

        Piece(ByteBuf content) {
            this.content = content;
        }

        @Override
        public int size() {
            return content.readableBytes();
        }

        @Override
        public void write(ChannelHandlerContext ctx, int allowedBytes) {
            int left = Math.min(allowedBytes, content.readableBytes());
            while (left > 0) {
                int length = Math.min(left, MAX_FRAME_BYTES);
                ByteBuf frame = ctx.alloc().heapBuffer(HEADER_BYTES + length);
                frame.writeMedium(length).writeByte(TYPE_DATA).writeByte(0).writeInt(stream.id());
                frame.writeBytes(content, length);
                var unused = ctx.write(frame, ctx.voidPromise());
                left -= length;
                account(-length);
            }
        }

        @Override
        public void writeComplete() {
            content.release();
        }

        @Override
        public void error(@Nullable ChannelHandlerContext ctx, Throwable cause) {
            account(-content.readableBytes());
            content.release();
        }

        @Override
        public boolean merge(ChannelHandlerContext ctx, Http2RemoteFlowController.FlowControlled next) {
            return false;
        }
    }
}
