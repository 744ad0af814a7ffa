package io.fleetscale.loadtest.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a map poll: cuts it into messages (length in 4 bytes, little endian, then zstd frames) and hands them on.
 * Confined to the event loop. Source: control-protocol 5.2.
 */
final class MapStream extends StreamFrames {
    private static final int MAX_FRAME_BYTES = 128 << 20;
    private static final int PREFIX_BYTES = 4;

    private final MapReceiver receiver;
    private final Listener listener;
    private final boolean compressed;
    private int prefixRead;
    private int prefix;
    private byte @Nullable [] frame;
    private int frameRead;
    private int status;

    /** Told how the poll goes. */
    interface Listener {
        void onMessage(MapReceiver.Kind kind);

        void onEnd(Optional<Throwable> cause);
    }

    MapStream(MapReceiver receiver, Listener listener, boolean compressed) {
        this.receiver = receiver;
        this.listener = listener;
        this.compressed = compressed;
    }

    @Override
    void onHead(ChannelHandlerContext ctx, int value) {
        status = value;
        if (value == 200) {
            receiver.begin();
        }
    }

    @Override
    void onData(ChannelHandlerContext ctx, ByteBuf piece) throws ControlException {
        if (status != 200) {
            return;
        }
        while (piece.isReadable()) {
            if (prefixRead < PREFIX_BYTES) {
                prefix |= piece.readUnsignedByte() << (8 * prefixRead);
                prefixRead++;
                if (prefixRead == PREFIX_BYTES && (prefix <= 0 || prefix > MAX_FRAME_BYTES)) {
                    throw new ControlException("map message of " + Integer.toUnsignedString(prefix)
                            + " bytes: must be 1.." + MAX_FRAME_BYTES);
                }
                continue;
            }
            byte[] target = frame;
            if (target == null) {
                target = new byte[prefix];
                frame = target;
                frameRead = 0;
            }
            int length = Math.min(piece.readableBytes(), target.length - frameRead);
            piece.readBytes(target, frameRead, length);
            frameRead += length;
            if (frameRead == target.length) {
                frame = null;
                prefixRead = 0;
                prefix = 0;
                listener.onMessage(deliver(target));
            }
        }
    }

    private MapReceiver.Kind deliver(byte[] message) throws ControlException {
        if (!receiver.wantsContent()) {
            return receiver.message(null, 0, message.length);
        }
        if (!compressed) {
            return receiver.message(message, message.length, message.length);
        }
        FrameContent content = FrameContent.ofThread();
        content.decompress(message);
        return receiver.message(content.content(), content.length(), message.length);
    }

    @Override
    void onEnd(Optional<Throwable> cause) {
        if (cause.isEmpty() && status != 200) {
            listener.onEnd(Optional.of(new ControlException("map poll: status " + status)));
        } else {
            listener.onEnd(cause);
        }
    }
}
