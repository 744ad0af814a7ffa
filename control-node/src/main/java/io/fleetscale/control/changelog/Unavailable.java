package io.fleetscale.control.changelog;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The ways in which the log cannot answer; each says what the caller may do. */
final class Unavailable {
    private Unavailable() {}

    static ControlException stopping() {
        return new ControlException(ErrorCode.UNAVAILABLE, "this instance stops: retry with another one");
    }

    static ControlException queueFull(int limit) {
        return new ControlException(
                ErrorCode.UNAVAILABLE, "more than " + limit + " writes wait for the database: retry in a second");
    }

    static ControlException databaseAway(@Nullable Throwable cause) {
        return new ControlException(
                ErrorCode.UNAVAILABLE, "the database is away, nothing was written: retry in a second", cause);
    }

    static ControlException outcomeUnknown(@Nullable Throwable cause) {
        return new ControlException(
                ErrorCode.UNAVAILABLE,
                "outcome unknown: the database was lost while it committed; look before you retry",
                cause);
    }

    static ControlException behind(long version, long head) {
        return new ControlException(
                ErrorCode.UNAVAILABLE,
                "this instance is behind (at " + version + " of " + head + "): retry in a second");
    }

    /** What a future failed with, as its callers are told. */
    static ControlException of(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof ControlException e ? e : databaseAway(cause);
    }
}
