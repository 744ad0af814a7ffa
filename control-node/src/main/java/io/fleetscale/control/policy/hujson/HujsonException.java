package io.fleetscale.control.policy.hujson;

import java.io.Serial;

/** The text is not JSON with commas and comments; the message begins with the place. */
public final class HujsonException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String text;
    private final int line;
    private final int column;

    HujsonException(Position at, String problem) {
        super(at + ": " + problem);
        this.text = at + ": " + problem;
        this.line = at.line();
        this.column = at.column();
    }

    @Override
    public String getMessage() {
        return text;
    }

    public Position at() {
        return new Position(line, column);
    }
}
