package io.fleetscale.loadtest.netmap;

import io.fleetscale.loadtest.client.ControlException;
import io.fleetscale.loadtest.client.MapReceiver;
import java.nio.charset.StandardCharsets;

/**
 * Reads the members of a MapResponse that say who is there, and calls {@link Changes} in the order in which a client
 * applies them whatever their order in the text. Not thread-safe. Source: control-protocol 5.5, 5.6.
 */
final class MapScanner {
    private static final byte[] KEEP_ALIVE = name("KeepAlive");
    private static final byte[] NODE = name("Node");
    private static final byte[] PEERS = name("Peers");
    private static final byte[] ONLINE = name("Online");
    private static final byte[] ID = name("ID");
    private static final byte[] NODE_ID = name("NodeID");
    private static final byte[] KEY = name("Key");
    private static final byte[] NAME = name("Name");
    private static final byte[] ADDRESSES = name("Addresses");
    private static final byte[] TAGS = name("Tags");
    private static final byte[] ENDPOINTS = name("Endpoints");
    private static final byte[] HOME_DERP = name("HomeDERP");
    private static final byte[] DERP_REGION = name("DERPRegion");

    /** The lists that are applied one after the other when there are no {@code Peers}. */
    private static final byte[][] LATER = {
        name("PeersRemoved"), name("PeersChanged"), name("OnlineChange"), name("PeersChangedPatch")
    };

    private static final int REMOVED = 0;
    private static final int CHANGED = 1;
    private static final int ONLINE_CHANGE = 2;
    private static final int PATCH = 3;

    private final JsonScan scan = new JsonScan();
    private final PeerFields fields;
    private final int[] offsets = new int[LATER.length];

    /** What a message changes. The fields are good during the call only. */
    interface Changes {
        /** The complete list begins; it replaces all peers. */
        void peers();

        /** A member of the complete list. */
        void peer(PeerFields fields);

        void removed(long id);

        /** A whole node that is new or replaces what was known. */
        void changed(PeerFields fields);

        void online(long id, boolean online);

        void patched(PeerFields fields);

        /** The node itself. */
        void self(PeerFields fields);
    }

    /** @param detailed whether texts (key, name, addresses, endpoints) are wanted */
    MapScanner(boolean detailed) {
        this.fields = new PeerFields(detailed);
    }

    /**
     * Reads one message.
     *
     * @return FULL if it describes the node itself and {@code first} is true
     * @throws ControlException if it is not JSON, or the first message of a poll lacks {@code Node}
     */
    MapReceiver.Kind scan(byte[] json, int length, boolean first, Changes changes) throws ControlException {
        try {
            return read(json, length, first, changes);
        } catch (JsonScan.MalformedJson e) {
            throw new ControlException("map message: " + e.getMessage(), e);
        }
    }

    private MapReceiver.Kind read(byte[] json, int length, boolean first, Changes changes) throws ControlException {
        java.util.Arrays.fill(offsets, -1);
        int node = -1;
        boolean complete = false;
        scan.reset(json, 0, length);
        scan.enterObject();
        while (scan.nextKey()) {
            if (scan.keyIs(KEEP_ALIVE)) {
                if (scan.bool()) {
                    return MapReceiver.Kind.KEEP_ALIVE;
                }
            } else if (scan.keyIs(PEERS) && scan.atArray()) {
                complete |= readPeers(changes);
            } else {
                int offset = scan.atNull() ? -1 : scan.offset();
                if (scan.keyIs(NODE)) {
                    node = offset;
                } else {
                    remember(offset);
                }
                scan.skipValue();
            }
        }
        scan.expectEnd();
        if (first && node < 0) {
            throw new ControlException("map message: the first one of a poll lacks Node");
        }
        if (!complete) {
            readLater(json, length, changes);
        }
        if (node >= 0) {
            scan.reset(json, node, length);
            readFields();
            changes.self(fields);
        }
        return first ? MapReceiver.Kind.FULL : MapReceiver.Kind.DELTA;
    }

    private void remember(int offset) {
        for (int i = 0; i < LATER.length; i++) {
            if (scan.keyIs(LATER[i])) {
                offsets[i] = offset;
                return;
            }
        }
    }

    private boolean readPeers(Changes changes) {
        boolean any = false;
        scan.enterArray();
        while (scan.nextElement()) {
            if (!any) {
                any = true;
                changes.peers();
            }
            readFields();
            changes.peer(fields);
        }
        return any;
    }

    private void readLater(byte[] json, int length, Changes changes) {
        for (int list = 0; list < LATER.length; list++) {
            if (offsets[list] < 0) {
                continue;
            }
            scan.reset(json, offsets[list], length);
            if (list == ONLINE_CHANGE) {
                scan.enterObject();
                while (scan.nextKey()) {
                    changes.online(scan.keyNumber(), scan.bool());
                }
                continue;
            }
            scan.enterArray();
            while (scan.nextElement()) {
                switch (list) {
                    case REMOVED -> changes.removed(scan.number());
                    case CHANGED -> {
                        readFields();
                        changes.changed(fields);
                    }
                    case PATCH -> {
                        readFields();
                        changes.patched(fields);
                    }
                    default -> throw new IllegalStateException("list " + list);
                }
            }
        }
    }

    /** Reads a Node or a PeerChange. */
    private void readFields() {
        fields.clear();
        scan.enterObject();
        while (scan.nextKey()) {
            if (scan.atNull()) {
                scan.skipValue();
            } else if (scan.keyIs(ID) || scan.keyIs(NODE_ID)) {
                fields.id = scan.number();
            } else if (scan.keyIs(ONLINE)) {
                fields.online = scan.bool();
            } else if (scan.keyIs(ENDPOINTS)) {
                readEndpoints();
            } else if (scan.keyIs(HOME_DERP) || scan.keyIs(DERP_REGION)) {
                fields.homeDerp = Math.toIntExact(scan.number());
            } else if (fields.detailed && scan.keyIs(KEY)) {
                fields.key = scan.text();
            } else if (fields.detailed && scan.keyIs(NAME)) {
                fields.name = scan.text();
            } else if (fields.detailed && scan.keyIs(ADDRESSES)) {
                fields.addresses = PeerFields.texts(scan);
            } else if (fields.detailed && scan.keyIs(TAGS)) {
                fields.tags = PeerFields.texts(scan);
            } else {
                scan.skipValue();
            }
        }
        if (fields.id < 0) {
            throw new JsonScan.MalformedJson("node without ID", scan.offset());
        }
    }

    private void readEndpoints() {
        fields.hasEndpoints = true;
        int start = scan.offset();
        scan.enterArray();
        boolean first = true;
        while (scan.nextElement()) {
            if (first) {
                fields.port = scan.portOfText();
                first = false;
            } else {
                scan.skipValue();
            }
        }
        if (fields.detailed) {
            int after = scan.offset();
            scan.rewind(start);
            fields.endpoints = PeerFields.texts(scan);
            if (scan.offset() != after) {
                throw new IllegalStateException("endpoints read twice end at two places");
            }
        }
    }

    private static byte[] name(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
