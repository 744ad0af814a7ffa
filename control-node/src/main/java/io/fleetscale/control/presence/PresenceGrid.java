package io.fleetscale.control.presence;

import com.google.protobuf.ByteString;
import io.fleetscale.control.tailnet.NodeId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;

/**
 * Presence as all instances share it: fields by number, laid over one another where the entry lives, which also numbers the
 * writes. Calls may block; never on an event loop.
 */
public interface PresenceGrid {
    /** @param fields by number, never with empty bytes */
    record Entry(NodeId node, long epoch, long counter, SortedMap<Integer, ByteString> fields) {}

    /** What became of a write. */
    sealed interface Result {
        /** The entry as it stands now. */
        record Written(Entry entry) implements Result {}

        /** A later session owns the entry. */
        record Stale(long storedEpoch) implements Result {}
    }

    /** Lays fields over the entry under the next counter; empty bytes drop a field. */
    Result put(NodeId node, long epoch, Map<Integer, ByteString> changes);

    /** Stores an entry as it was persisted, unless there is a newer one. */
    boolean restore(Entry entry);

    void remove(NodeId node);

    /** The entry as this instance holds it. */
    Optional<Entry> get(NodeId node);

    List<Entry> entries();

    /** Calls back with every changed entry, from whichever instance, and with all there are at first; must not block. */
    void listen(Consumer<Entry> listener);
}
