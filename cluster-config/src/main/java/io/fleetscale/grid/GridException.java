package io.fleetscale.grid;

/** The grid could not do what it was asked: it is stopped, restarting, not reachable in time, or refused this instance. */
public final class GridException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GridException(String message) {
        super(message);
    }

    GridException(String message, Throwable cause) {
        super(message, cause);
    }
}
