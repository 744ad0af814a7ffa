package io.fleetscale.loadtest.netmap;

/**
 * A netmap that is not what it must be.
 *
 * @param viewer number of the session
 * @param peer id of the peer
 * @param detail what is wrong, with both values
 */
public record Violation(Kind kind, int viewer, long peer, String detail) {
    /** What can be wrong. */
    public enum Kind {
        /** A peer, or what was told of it, is missing. */
        LOST,
        /** A peer is there twice, or two peers share a key, a name or an address. */
        DUPLICATED,
        /** A value is older than one that was seen, or than the truth. */
        STALE,
        /** A peer that the node must not see: itself, or one outside of what the policy allows. */
        FORBIDDEN,
        /** A change of a peer that is not in the netmap, or a node without what every node must have. */
        MALFORMED
    }
}
