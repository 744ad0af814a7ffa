package io.fleetscale.control.database;

import org.jspecify.annotations.Nullable;

/**
 * The database cannot be used as it is. The message is one line that names what was found and how to mend it; it never
 * holds a password.
 */
public final class DatabaseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What is wrong, for callers that react differently. */
    public enum Fault {
        UNREACHABLE,
        REFUSED_CREDENTIALS,
        MISSING_DATABASE,
        FOREIGN_DATABASE,
        NEWER_SCHEMA,
        UNSUITABLE_SERVER,
        BROKEN_MIGRATION,
        EMBEDDED_SERVER
    }

    private final Fault fault;
    private final String remedy;

    public DatabaseException(Fault fault, String found, String remedy, @Nullable Throwable cause) {
        super(found + ": " + remedy, cause);
        this.fault = fault;
        this.remedy = remedy;
    }

    public DatabaseException(Fault fault, String found, String remedy) {
        this(fault, found, remedy, null);
    }

    public Fault fault() {
        return fault;
    }

    /** What an administrator does about it. */
    public String remedy() {
        return remedy;
    }
}
