package io.fleetscale.control.session;

import io.fleetscale.control.frontdoor.noise.MapStream;

/** The answer to one map request; exactly one of the methods is called, once, from any thread. */
public interface MapReply {
    /** 200 without a body: what a client wants after an update. */
    void done();

    /** @param status an HTTP error status */
    void refuse(int status, String reason);

    /** 200 with a body that comes in pieces. */
    MapStream open();
}
