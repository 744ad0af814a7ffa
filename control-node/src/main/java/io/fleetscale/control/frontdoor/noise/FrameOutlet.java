package io.fleetscale.control.frontdoor.noise;

import io.netty.buffer.ByteBuf;

/** Where a ready HTTP/2 frame leaves the connection without passing through its pipeline. Confined to the event loop. */
interface FrameOutlet {
    /** Whether nothing waits that was written before. */
    boolean isFree();

    /** An empty buffer for a frame of at most {@link BodyFrames#MAX_DIRECT_BYTES} and its header, valid until {@link #send}. */
    ByteBuf blank();

    /** Sends what was written into {@link #blank}, at once. */
    void send();
}
