package io.fleetscale.control.secret;

import org.jspecify.annotations.Nullable;

/** A key of the server is missing, foreign or unreadable. The message is one line with the remedy, without the key. */
public final class KeyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KeyException(String message) {
        this(message, null);
    }

    KeyException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
