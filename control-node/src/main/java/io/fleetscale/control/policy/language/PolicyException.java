package io.fleetscale.control.policy.language;

import java.io.Serial;

/**
 * A policy that is refused. The message is the text that Tailscale answers where that is known; the line stands beside it,
 * because the text has to stay as it is.
 */
public final class PolicyException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int line;
    private final String text;

    /** @param line of the text that is at fault, from 1; 0: no single one */
    public PolicyException(int line, String message) {
        super(message);
        this.line = line;
        this.text = message;
    }

    public int line() {
        return line;
    }

    @Override
    public String getMessage() {
        return text;
    }

    /** The message behind its line, for people. */
    public String located() {
        return line == 0 || text.startsWith("line ") ? text : "line " + line + ": " + text;
    }
}
