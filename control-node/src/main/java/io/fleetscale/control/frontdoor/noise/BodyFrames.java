package io.fleetscale.control.frontdoor.noise;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * The body of one answer as DATA frames, handed to the flow controller without a detour over the stream's channel: a frame and
 * its header are one buffer without a promise. Confined to the event loop, except {@link #isFull}.
 *
 * <p>The flow controller keeps the order with the frames that the stream's channel writes. A short piece that nothing stands before
 * and that the client's windows allow does not even queue there ({@link #sendNow}): what a change costs that goes to
 * thousands of sessions is mostly how many objects it touches in each of them.
 */
final class BodyFrames {
    /** Above this, the writer is to wait; as Netty's channels have it. */
    static final int HIGH_WATER_BYTES = 64 * 1024;

    static final int LOW_WATER_BYTES = 32 * 1024;

    /** What each peer must take. Source: RFC 9113 4.2. */
    private static final int MAX_FRAME_BYTES = 16_384;

    private static final int HEADER_BYTES = 9;

    /** Pieces up to this may leave past the flow controller's queue. */
    static final int MAX_DIRECT_BYTES = 4096 - HEADER_BYTES;

    /** So much is taken off the windows at once, if it is no more than this part of them. */
    private static final int CREDIT_BYTES = 4096;

    private static final int CREDIT_PART = 8;

    private static final byte TYPE_DATA = 0;

    private final Http2RemoteFlowController controller;
    private final Http2Stream stream;
    private final Http2Stream connection;
    private final FrameOutlet outlet;
    private final Runnable onWatermark;
    private int pending;
    /** Taken off both windows and not sent yet. */
    private int credit;

    private volatile boolean full;

    /**
     * @param connection stream 0, which holds the connection's window
     * @param onWatermark told when {@link #isFull} has changed, maybe from within the flow controller
     */
    BodyFrames(
            Http2RemoteFlowController controller,
            Http2Stream stream,
            Http2Stream connection,
            FrameOutlet outlet,
            Runnable onWatermark) {
        this.controller = controller;
        this.stream = stream;
        this.connection = connection;
        this.outlet = outlet;
        this.onWatermark = onWatermark;
    }

    /** Whether too much waits for the peer. Any thread. */
    boolean isFull() {
        return full;
    }

    /** Queues a piece, which is owned from here on; it leaves with the next flush of the connection. */
    void write(ByteBuf piece) {
        giveCredit(stream);
        giveCredit(connection);
        credit = 0;
        account(piece.readableBytes());
        controller.addFlowControlled(stream, new Piece(piece));
    }

    /**
     * Sends a piece at once if it need not wait for anything.
     *
     * @return whether it was sent and released; if not, it is still the caller's
     */
    boolean sendNow(ByteBuf piece) {
        int bytes = piece.readableBytes();
        if (bytes == 0
                || bytes > MAX_DIRECT_BYTES
                || pending > 0
                || !outlet.isFree()
                || !stream.state().localSideOpen()
                || bytes > credit && !takeCredit(bytes)) {
            return false;
        }
        credit -= bytes;
        ByteBuf frame = outlet.blank();
        writeHeader(frame, bytes);
        frame.writeBytes(piece);
        piece.release();
        outlet.send();
        return true;
    }

    /** Takes off both windows what {@code bytes} need, and some for the next pieces; whether the windows hold so much. */
    private boolean takeCredit(int bytes) {
        if (!controller.isWritable(stream) || controller.hasFlowControlled(stream)) {
            return false;
        }
        int held = Math.min(controller.windowSize(stream), controller.windowSize(connection));
        int taken = Math.max(bytes - credit, Math.min(CREDIT_BYTES, held / CREDIT_PART));
        if (taken > held) {
            return false;
        }
        change(connection, -taken);
        change(stream, -taken);
        credit += taken;
        return true;
    }

    private void giveCredit(Http2Stream window) {
        if (credit > 0) {
            change(window, credit);
        }
    }

    private void change(Http2Stream window, int bytes) {
        try {
            controller.incrementWindowSize(window, bytes);
        } catch (Http2Exception e) {
            throw new IllegalStateException("window of stream " + window.id() + ": cannot change by " + bytes, e);
        }
    }

    /** The stream is over: what it took off the connection's window and did not send is for others. */
    void close() {
        giveCredit(connection);
        credit = 0;
    }

    private void writeHeader(ByteBuf frame, int length) {
        frame.writeMedium(length).writeByte(TYPE_DATA).writeByte(0).writeInt(stream.id());
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
                writeHeader(frame, length);
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
