package io.fleetscale.control.netmap;

import io.fleetscale.control.tailnet.NodeId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Neighbouring peers of a class, by number, with their JSON compressed as one frame when it is first needed. Immutable and
 * thread-safe.
 */
final class Fragment {
    /** New fragments are begun at this size. Source: architecture section 4. */
    static final int TARGET_PEERS = 128;

    private static final int MAX_PEERS = 192;

    private final PeerEntry[] peers;
    private volatile byte @Nullable [] frame;

    Fragment(PeerEntry... peers) {
        this.peers = peers;
    }

    int size() {
        return peers.length;
    }

    PeerEntry peer(int index) {
        return peers[index];
    }

    NodeId first() {
        return peers[0].id();
    }

    /** Index of the peer, or {@code -(insertion point) - 1}. */
    int indexOf(NodeId id) {
        int low = 0;
        int high = peers.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = peers[middle].id().compareTo(id);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -low - 1;
    }

    boolean isFull() {
        return peers.length >= TARGET_PEERS;
    }

    Fragment[] plus(PeerEntry peer) {
        int at = indexOf(peer.id());
        if (at >= 0) {
            PeerEntry[] next = peers.clone();
            next[at] = peer;
            return new Fragment[] {new Fragment(next)};
        }
        int insertion = -at - 1;
        PeerEntry[] next = new PeerEntry[peers.length + 1];
        System.arraycopy(peers, 0, next, 0, insertion);
        next[insertion] = peer;
        System.arraycopy(peers, insertion, next, insertion + 1, peers.length - insertion);
        if (next.length <= MAX_PEERS) {
            return new Fragment[] {new Fragment(next)};
        }
        int half = next.length / 2;
        return new Fragment[] {
            new Fragment(Arrays.copyOf(next, half)), new Fragment(Arrays.copyOfRange(next, half, next.length))
        };
    }

    Fragment minus(int index) {
        PeerEntry[] next = new PeerEntry[peers.length - 1];
        System.arraycopy(peers, 0, next, 0, index);
        System.arraycopy(peers, index + 1, next, index, next.length - index);
        return new Fragment(next);
    }

    Fragment joinedWith(Fragment after) {
        PeerEntry[] next = Arrays.copyOf(peers, peers.length + after.peers.length);
        System.arraycopy(after.peers, 0, next, peers.length, after.peers.length);
        return new Fragment(next);
    }

    boolean contains(NodeId id) {
        return indexOf(id) >= 0;
    }

    /** The peers' JSON, separated by commas, as one frame. */
    byte[] frame(Encoder encoder) {
        byte[] ready = frame;
        if (ready == null) {
            synchronized (this) {
                ready = frame;
                if (ready == null) {
                    ready = encoder.compressShared(text(null));
                    frame = ready;
                }
            }
        }
        return ready;
    }

    /** The peers' JSON without that of {@code viewer}. */
    byte[] text(@Nullable NodeId viewer) {
        int bytes = 0;
        for (PeerEntry peer : peers) {
            bytes += peer.json().length + 1;
        }
        byte[] text = new byte[bytes];
        int size = 0;
        for (PeerEntry peer : peers) {
            byte[] json = peer.json();
            if (peer.id().equals(viewer)) {
                continue;
            }
            if (size > 0) {
                text[size++] = ',';
            }
            System.arraycopy(json, 0, text, size, json.length);
            size += json.length;
        }
        return size == text.length ? text : Arrays.copyOf(text, size);
    }
}
