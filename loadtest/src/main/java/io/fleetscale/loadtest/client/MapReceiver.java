package io.fleetscale.loadtest.client;

/**
 * What a simulated node does with the messages of its map polls. All calls come on the node's event loop, one after the
 * other.
 */
public interface MapReceiver {
    /** What a message was. */
    enum Kind {
        KEEP_ALIVE,
        /** The first message of a poll that describes the node itself. */
        FULL,
        DELTA
    }

    /** A poll has been answered; what earlier ones said is void. */
    void begin();

    /**
     * A message has come.
     *
     * @param json the decompressed text in its first {@code length} bytes, not to be kept; null if {@link #wantsContent}
     *     is false
     * @param frameBytes what it took on the wire, without its length prefix
     * @throws ControlException if no client could go on after it; the poll is dropped
     */
    Kind message(byte @org.jspecify.annotations.Nullable [] json, int length, int frameBytes) throws ControlException;

    /** Whether messages are to be decompressed. */
    default boolean wantsContent() {
        return true;
    }
}
