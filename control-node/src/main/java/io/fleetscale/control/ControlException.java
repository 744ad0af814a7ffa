package io.fleetscale.control;

import org.jspecify.annotations.Nullable;

/** A refused or failed operation. The detail is shown to callers: it names the thing, the value and the remedy, never a secret. */
public final class ControlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    public ControlException(ErrorCode code, String detail) {
        this(code, detail, null);
    }

    public ControlException(ErrorCode code, String detail, @Nullable Throwable cause) {
        super(detail, cause);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }

    /** What callers are told. */
    public String detail() {
        String message = getMessage();
        return message == null ? code.name() : message;
    }
}
