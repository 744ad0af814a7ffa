package io.fleetscale.control.netmap;

import io.fleetscale.control.tailnet.NodeId;

/** A session whose client is a {@link ModelClient}. */
final class ModelSession {
    final NodeId node;
    ModelClient client = new ModelClient();
    MapCursor cursor;

    ModelSession(TestTailnet tailnet, NodeId node) {
        this.node = node;
        MapFeed.Full full = tailnet.requireFull(node);
        client.apply(TestTailnet.read(full.message(), true));
        cursor = full.cursor();
    }

    /** False when the node is gone. */
    boolean advance(TestTailnet tailnet, boolean compressed) {
        if (cursor.isAt(tailnet.state)) {
            return true;
        }
        switch (tailnet.feed.next(tailnet.state, cursor, node, compressed)) {
            case MapFeed.Next.Nothing(MapCursor to) -> cursor = to;
            case MapFeed.Next.Send(MapCursor to, MapMessage message) -> {
                cursor = to;
                client.apply(TestTailnet.read(message, compressed));
            }
            case MapFeed.Next.NeedsFull full -> {
                MapFeed.Full again = tailnet.requireFull(node);
                if (!again.hasPeers()) {
                    client = new ModelClient();
                }
                client.apply(TestTailnet.read(again.message(), true));
                cursor = again.cursor();
            }
            case MapFeed.Next.Gone gone -> {
                return false;
            }
        }
        return true;
    }
}
