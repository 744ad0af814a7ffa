package io.fleetscale.control.registration;

import io.fleetscale.control.tailnet.Node;

/** What a registration came to. */
public sealed interface RegisterResult {
    /** The node may go on: it is new, was updated, or was known. */
    record Accepted(Node node) implements RegisterResult {}

    /** A person has to approve it. */
    record NeedsLogin() implements RegisterResult {}

    /** The node key may not be used any more; the client has to make a new one. */
    record KeyExpired() implements RegisterResult {}

    /** Logged out; the node stays in the list as expired. */
    record LoggedOut(Node node) implements RegisterResult {}

    /** Logged out; the node was ephemeral and is gone. */
    record Removed() implements RegisterResult {}

    /**
     * Not possible.
     *
     * @param reason for the user of the client
     */
    record Refused(String reason) implements RegisterResult {}
}
