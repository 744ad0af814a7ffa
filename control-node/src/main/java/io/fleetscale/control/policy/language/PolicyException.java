package io.fleetscale.control.policy.language;

import io.fleetscale.control.policy.hujson.Position;
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

    /** No single place. */
    static final Position NOWHERE = new Position(0, 0);

    /** A word of the policy that a message repeats may be as long as the policy. */
    private static final int MAX_CHARS = 2_000;

    private final Fault fault;
    private final int line;
    private final int column;
    private final String text;

    /** @param line of the text that is at fault, from 1; 0: no single one */
    public PolicyException(int line, String message) {
        this(Fault.MEANING, line, 0, message);
    }

    /** @param at the place of the value that is at fault */
    PolicyException(Position at, String message) {
        this(Fault.MEANING, at, message);
    }

    PolicyException(Fault fault, Position at, String message) {
        this(
                fault,
                at.line(),
                at.column(),
                message.length() <= MAX_CHARS ? message : message.substring(0, MAX_CHARS) + "...");
    }

    private PolicyException(Fault fault, int line, int column, String message) {
        super(message);
        this.fault = fault;
        this.line = line;
        this.column = column;
        this.text = message;
    }

    public Fault fault() {
        return fault;
    }

    public int line() {
        return line;
    }

    /** From 1; 0: not known. */
    public int column() {
        return column;
    }

    @Override
    public String getMessage() {
        return text;
    }

    /** The message behind its line, for people. */
    public String located() {
        if (line == 0 || fault == Fault.SYNTAX) {
            return text;
        }
        return column == 0 ? "line " + line + ": " + text : new Position(line, column) + ": " + text;
    }
}
