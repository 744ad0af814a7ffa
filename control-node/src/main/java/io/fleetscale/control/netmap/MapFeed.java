package io.fleetscale.control.netmap;

import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.PingRequest;
import org.jspecify.annotations.Nullable;

/** What a session sends: a full map, then what changed since. Thread-safe. */
public final class MapFeed {
    /** Where the session of a node stands that is not approved: it sees nothing, so nothing that happens concerns it. */
    private static final ClassId NOT_APPROVED = new ClassId(Long.MIN_VALUE);

    private final MapMessages messages;

    public MapFeed(MapMessages messages) {
        this.messages = messages;
    }

    /**
     * A full map and where the session is after it.
     *
     * @param hasPeers without any, a client would keep those of an earlier map of the same stream. Source: control-protocol 5.5
     */
    public record Full(MapCursor cursor, MapMessage message, boolean hasPeers) {}

    /** What follows on a cursor. */
    public sealed interface Next {
        /** Nothing that the node could notice. */
        record Nothing(MapCursor to) implements Next {}

        record Send(MapCursor to, MapMessage message) implements Next {}

        /** Too much happened, or the node belongs to another class now. */
        record NeedsFull() implements Next {}

        /** The node was removed from the tailnet. */
        record Gone() implements Next {}
    }

    /**
     * The whole map of a node, or null if it is not in the state.
     *
     * @param compressed whether the client asked for zstd
     */
    public @Nullable Full full(NetmapState state, NodeId viewer, boolean compressed) {
        Node node = state.image().node(viewer);
        if (node == null) {
            return null;
        }
        if (!state.image().isAuthorized(node)) {
            return new Full(new MapCursor(NOT_APPROVED, 0), messages.notApproved(state, viewer, compressed), false);
        }
        ClassId classId = state.policy().classOf(node);
        ClassView view = state.view(classId);
        if (view == null) {
            return null;
        }
        MapMessage message = messages.full(state, view, viewer, compressed);
        boolean hasPeers = view.size() > (view.find(viewer) == null ? 0 : 1);
        return new Full(new MapCursor(classId, view.head()), message, hasPeers);
    }

    public Next next(NetmapState state, MapCursor from, NodeId viewer, boolean compressed) {
        if (from.classId().equals(NOT_APPROVED)) {
            Node node = state.image().node(viewer);
            if (node == null) {
                return new Next.Gone();
            }
            return state.image().isAuthorized(node) ? new Next.NeedsFull() : new Next.Nothing(from);
        }
        if (from.isAt(state)) {
            return new Next.Nothing(from);
        }
        RangeMessage range = range(state, from);
        if (range == null) {
            return state.image().node(viewer) == null ? new Next.Gone() : new Next.NeedsFull();
        }
        return range.next(viewer, compressed);
    }

    /** What lies between a cursor and the head of its class; null if nothing does, or if it is not known any more. */
    @Nullable
    RangeMessage range(NetmapState state, MapCursor from) {
        ClassView view = state.view(from.classId());
        return view == null || from.number() == view.head()
                ? null
                : view.messages().after(from.number(), state, view, messages);
    }

    /**
     * Tells a client that its node is no more, so that it asks for a login.
     *
     * @param node null when nobody remembers which it was
     */
    public MapMessage farewell(NetmapState state, @Nullable NodeId node, NodeKey key, boolean compressed) {
        return messages.farewell(state, node, key, compressed);
    }

    public MapMessage keepAlive(boolean compressed, @Nullable PingRequest ping) {
        return messages.keepAlive(compressed, ping);
    }
}
