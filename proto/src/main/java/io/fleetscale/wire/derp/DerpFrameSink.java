package io.fleetscale.wire.derp;

import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.NodeKey;
import io.netty.buffer.ByteBuf;

/**
 * Takes what a {@link DerpFrameDecoder} finds, without an object per frame. Called on the thread that decodes.
 *
 * <p>Buffers are lent: an implementation that keeps one beyond the call retains it. Frames of packets may be rewritten
 * in place, they are not read again.
 */
public interface DerpFrameSink {
    /** The greeting: the public key that the node claims and the sealed ClientInfo (nonce, tag, ciphertext). */
    void clientInfo(NodeKey claimed, byte[] sealed);

    /** A whole SendPacket frame of {@code frameBytes} bytes, header included, at {@code start}. */
    void sendPacket(ByteBuf buffer, int start, int frameBytes);

    /** A whole ForwardPacket frame of {@code frameBytes} bytes, header included, at {@code start}. */
    void forwardPacket(ByteBuf buffer, int start, int frameBytes);

    /** The node says whether this region is its home. */
    void notePreferred(boolean home);

    /** The first eight bytes of a ping, which the pong repeats. */
    void ping(long payload);

    /** A mesh link subscribes to the relay's connections. */
    void watchConnections();

    /** A mesh link asks to disconnect a key. */
    void closePeer(Bytes32 key);

    /** A frame of no meaning to a relay begins; its payload will be skipped. */
    void skipped(int type, int length);
}
