package io.fleetscale.wire.derp;

import io.fleetscale.wire.key.NodeKey;
import io.netty.buffer.ByteBuf;
import java.util.Optional;

/** Payload of a relay's first frame, read by the client side of a mesh link. Later fields are ignored. */
public record ServerKey(NodeKey relay) {
    /** Reads the payload; empty when it is too short, too long or lacks the magic. */
    public static Optional<ServerKey> read(ByteBuf payload) {
        int length = payload.readableBytes();
        if (length < Long.BYTES + DerpLimits.KEY_BYTES
                || length > DerpLimits.MAX_SERVER_KEY_BYTES
                || payload.readLong() != DerpFrameEncoder.MAGIC) {
            return Optional.empty();
        }
        byte[] key = new byte[DerpLimits.KEY_BYTES];
        payload.readBytes(key);
        return Optional.of(new ServerKey(NodeKey.of(key)));
    }
}
