package io.fleetscale.control.presence;

import com.google.protobuf.ByteString;
import io.fleetscale.control.tailnet.NodeId;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Which instance serves which node, under which epoch. Calls may block; never on an event loop. */
public interface SessionGrid {
    /** @param payload a {@code NodeSession} of fleetscale.grid.v1 */
    record Entry(NodeId node, long epoch, ByteString payload) {}

    /** Takes the node over: its epoch becomes max(stored + 1, floor), which is answered. */
    long raise(NodeId node, long floor, ByteString payload);

    /** Replaces the payload while the epoch stands; answers whether it did. */
    boolean update(NodeId node, long epoch, ByteString payload);

    /** Stores an entry as it was persisted, unless there is one with the same or a higher epoch. */
    boolean restore(Entry entry);

    /** Removes the entry while the epoch stands. */
    boolean remove(NodeId node, long epoch);

    Optional<Entry> get(NodeId node);

    List<Entry> entries();

    /** Calls back with every changed entry, from whichever instance; must not block. */
    void listen(Consumer<Entry> listener);
}
