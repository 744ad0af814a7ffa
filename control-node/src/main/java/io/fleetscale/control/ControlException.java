package io.fleetscale.control;

import org.jspecify.annotations.Nullable;

/** A refused or failed operation. The detail is shown to callers: it names the thing, the value and the remedy, never a secret. */
public final class ControlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final ErrorCode precise;

    public ControlException(ErrorCode code, String detail) {
        this(code, detail, null);
    }

    public ControlException(ErrorCode code, String detail, @Nullable Throwable cause) {
        super(detail, cause);
        this.code = code;
        this.precise = code;
    }

    /**
     * A refusal for which headscale 0.29 has a code that says little.
     *
     * @param code what its programs are used to
     * @param precise what it is, for those who do not imitate 0.29
     */
    public ControlException(ErrorCode code, ErrorCode precise, String detail) {
        super(detail);
        this.code = code;
        this.precise = precise;
    }

    public ErrorCode code() {
        return code;
    }

    /** What it is, where {@link #code()} only follows headscale 0.29; else the same. */
    public ErrorCode precise() {
        return precise;
    }

    /** What callers are told. */
    public String detail() {
        String message = getMessage();
        return message == null ? code.name() : message;
    }
}
