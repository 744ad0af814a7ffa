package io.fleetscale.control.policy.language;

import java.io.Serial;

/**
 * A policy that is refused. The message is the text that Tailscale answers where that is known; the line stands beside it,
 * because the text has to stay as it is.
 */
public final class PolicyException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What is wrong with the text: administration pages show each in its own way. */
    public enum Fault {
        /** It is no JSON with commas and comments. */
        SYNTAX,
        /** A value is of another type than it must be. */
        TYPE,
        /** Everything else. */
        MEANING
    }

    private final Fault fault;
    private final int line;
    private final String text;

    /** @param line of the text that is at fault, from 1; 0: no single one */
    public PolicyException(int line, String message) {
        this(Fault.MEANING, line, message);
    }

    PolicyException(Fault fault, int line, String message) {
        super(message);
        this.fault = fault;
        this.line = line;
        this.text = message;
    }

    public Fault fault() {
        return fault;
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
        return line == 0 || fault == Fault.SYNTAX ? text : "line " + line + ": " + text;
    }
}
