package io.fleetscale.wire.derp;

import io.fleetscale.wire.key.Bytes32;
import io.netty.buffer.ByteBuf;

/**
 * Takes what a {@link RelayFrameDecoder} finds in the byte stream of a relay, for whoever is connected to one: a mesh link, a
 * load generator. Called on the thread that decodes. Buffers are lent.
 */
public interface RelayFrameSink {
    /** The relay's first frame. */
    void serverKey(ServerKey key);

    /** The relay's sealed answer to an admitted greeting. */
    void serverInfo(byte[] sealed);

    /** A whole RecvPacket frame of {@code frameBytes} bytes, header included, at {@code start}. */
    void recvPacket(ByteBuf buffer, int start, int frameBytes);

    /** A key has connected; flags as in {@link PresenceFlags}. Only subscribers of the mesh get it. */
    void peerPresent(Bytes32 peer, int flags);

    /** A key has left, or is not here; unknown reasons count as having left. */
    void peerGone(Bytes32 peer, PeerGoneReason reason);

    /** To be answered with a pong of the same eight bytes. */
    void ping(long payload);

    /** The relay restarts soon. */
    void restarting();

    /** A frame that asks for nothing: keep-alive, pong, health, and what this side does not know. */
    void other(int type, int length);
}
