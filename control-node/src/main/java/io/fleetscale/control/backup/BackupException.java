package io.fleetscale.control.backup;

import org.jspecify.annotations.Nullable;

/** A backup or a restore that was refused or has failed. The message is one line with the remedy; it holds no secret. */
public final class BackupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BackupException(String message) {
        this(message, null);
    }

    BackupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
