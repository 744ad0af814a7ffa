package io.fleetscale.loadtest.client;

import java.io.IOException;
import java.io.Serial;

/** The server, or the way to it, did not do what a client needs. */
public final class ControlException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    public ControlException(String message) {
        super(message);
    }

    public ControlException(String message, Throwable cause) {
        super(message, cause);
    }
}
