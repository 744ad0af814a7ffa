package io.fleetscale.relay.routing;

import io.netty.buffer.ByteBuf;

/** A connection as the routing sees it. */
public interface Receiver {
    /** The loop that owns the connection. */
    RelayLoop loop();

    /** What subscribers of the mesh are told about it. */
    Presence presence();

    /**
     * Takes a finished RecvPacket frame, which lies at {@code start} and has {@code frameBytes} bytes, header included.
     * The buffer is lent. Only on the owning loop.
     */
    void deliver(Peer source, ByteBuf buffer, int start, int frameBytes);

    /** Sends out what {@link #deliver} has gathered. Only on the owning loop. */
    void flushBatch();

    /**
     * Looks whether written bytes move, and ends the connection when they have not for too long. Only on the owning
     * loop.
     *
     * @param nowNanos by {@link RelayLoop#progressNanos}
     * @return whether it still has to be watched
     */
    boolean checkProgress(long nowNanos);

    /** A peer whose packets were delivered here has left the region. On any thread. */
    void peerGone(Peer peer);

    /** Ends the connection. On any thread. */
    void disconnect();
}
