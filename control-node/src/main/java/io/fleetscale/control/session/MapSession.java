package io.fleetscale.control.session;

import io.fleetscale.control.frontdoor.noise.MapStream;
import io.fleetscale.control.netmap.MapCursor;
import io.fleetscale.control.netmap.MapFeed;
import io.fleetscale.control.netmap.MapMessage;
import io.fleetscale.control.netmap.NetmapState;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.key.NodeKey;
import org.jspecify.annotations.Nullable;

/**
 * One client's stream of map messages. It keeps no messages, only how far it is: a client that reads slowly gets the sum of
 * what it missed in one message, and a full map when too much happened. Confined to the event loop of its stream, except where a
 * method says otherwise.
 */
final class MapSession implements Runnable {
    private enum Phase {
        /** A full map is on its way; changes wait. */
        INIT,
        LIVE,
        CLOSED
    }

    private final MapSessions owner;
    private final SessionGroup group;
    private final MapStream stream;
    private final NodeId node;
    private final Caller caller;
    private final NodeKey key;
    private final long epoch;
    private final boolean compressed;
    private Phase phase = Phase.INIT;
    private @Nullable MapCursor cursor;
    private int keepAliveDueSeconds;
    /** Place in the group's list, -1 outside. */
    int index = -1;

    MapSession(
            MapSessions owner,
            SessionGroup group,
            MapStream stream,
            NodeId node,
            Caller caller,
            NodeKey key,
            long epoch,
            boolean compressed) {
        this.owner = owner;
        this.group = group;
        this.stream = stream;
        this.node = node;
        this.caller = caller;
        this.key = key;
        this.epoch = epoch;
        this.compressed = compressed;
    }

    NodeId node() {
        return node;
    }

    Caller caller() {
        return caller;
    }

    long epoch() {
        return epoch;
    }

    boolean isCompressed() {
        return compressed;
    }

    MapStream stream() {
        return stream;
    }

    /** The stream can take more. */
    @Override
    public void run() {
        advance(owner.state(), false);
    }

    /** Writes a full map and is live from its state on. */
    void begin(MapFeed.Full full) {
        if (phase != Phase.INIT) {
            return;
        }
        if (cursor != null && !full.hasPeers()) {
            end();
            return;
        }
        phase = Phase.LIVE;
        cursor = full.cursor();
        owner.counters().fullMaps.increment();
        write(full.message(), false);
        advance(owner.state(), false);
    }

    /**
     * Sends what happened since the last message, if the client can take it.
     *
     * @param flush whether it leaves at once
     */
    void advance(NetmapState state, boolean flush) {
        MapCursor from = cursor;
        if (phase != Phase.LIVE || from == null || !stream.isWritable()) {
            return;
        }
        switch (group.reader().next(state, from, node, compressed)) {
            case MapFeed.Next.Nothing(MapCursor to) -> cursor = to;
            case MapFeed.Next.Send(MapCursor to, MapMessage message) -> {
                cursor = to;
                owner.counters().deltas.increment();
                write(message, flush);
            }
            case MapFeed.Next.NeedsFull needsFull -> {
                phase = Phase.INIT;
                if (!owner.requestFull(this)) {
                    reset();
                }
            }
            case MapFeed.Next.Gone gone -> removed();
        }
    }

    /** A keep-alive if one is due. */
    void tick(int nowSeconds) {
        if (phase == Phase.LIVE && nowSeconds - keepAliveDueSeconds >= 0 && stream.isWritable()) {
            owner.counters().keepAlives.increment();
            write(group.keepAlive(compressed), true);
        }
    }

    /** Writes a message that belongs to no change, such as a ping; whether it could. */
    boolean offer(MapMessage message) {
        if (phase != Phase.LIVE || !stream.isWritable()) {
            return false;
        }
        owner.counters().pings.increment();
        write(message, false);
        return true;
    }

    private void write(MapMessage message, boolean flush) {
        keepAliveDueSeconds = group.nextKeepAlive();
        if (flush) {
            stream.writeAndFlush(message.toByteBuf());
        } else {
            stream.write(message.toByteBuf());
        }
    }

    /** The node was removed from the tailnet: tells the client so, and ends the stream. */
    void removed() {
        if (phase != Phase.CLOSED) {
            write(owner.feed().farewell(owner.state(), node, key, compressed), false);
            end();
        }
    }

    /** Ends the stream: the client may come again. */
    void end() {
        if (phase != Phase.CLOSED) {
            phase = Phase.CLOSED;
            stream.end();
        }
    }

    /** Ends the stream and its connection: the client comes again, to whichever instance takes it. */
    void sendAway() {
        if (phase != Phase.CLOSED) {
            phase = Phase.CLOSED;
            stream.sendAway();
        }
    }

    void reset() {
        if (phase != Phase.CLOSED) {
            phase = Phase.CLOSED;
            stream.reset();
        }
    }

    /** The stream is over, whoever ended it. */
    void closed() {
        boolean endedHere = phase == Phase.CLOSED;
        phase = Phase.CLOSED;
        cursor = null;
        group.remove(this);
        owner.closed(this, endedHere);
    }
}
