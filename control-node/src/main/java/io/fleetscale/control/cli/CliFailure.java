package io.fleetscale.control.cli;

/** A command that failed; its message is what the user is shown, and holds no secret. */
public final class CliFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    public CliFailure(String message) {
        this(message, 1);
    }

    public CliFailure(String message, int exitCode) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
