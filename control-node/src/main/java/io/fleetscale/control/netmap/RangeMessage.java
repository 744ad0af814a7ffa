package io.fleetscale.control.netmap;

import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The changes between two places of a class's log as messages: one for all viewers that are not among the changed nodes and
 * have nothing of their own in it, and others made for one viewer from the same pieces. Immutable and thread-safe.
 */
final class RangeMessage {
    /** What a session does next. */
    private enum Outcome {
        /** There is something to send. */
        MESSAGE,
        /** Nothing that this viewer could notice. */
        NOTHING,
        /** The viewer must get a full map. */
        FULL_MAP,
        /** The viewer's node was removed. */
        END
    }

    private static final int ALL_CONTENT =
            Aspect.ALL_DNS | Aspect.ALL_FILTER | Aspect.ALL_SSH | Aspect.ALL_NODE | Aspect.ALL_DERP_MAP;
    private static final int PER_VIEWER = ALL_CONTENT & ~Aspect.ALL_DERP_MAP;

    private final NoticeLog.Merged merged;
    private final NetmapState state;
    private final ClassView view;
    private final MapMessages renderer;
    private final int forAll;
    private final MapCursor end;
    private volatile @Nullable Sections sections;
    private volatile @Nullable MapMessage shared;
    private volatile MapFeed.@Nullable Next forMost;

    RangeMessage(NoticeLog.Merged merged, NetmapState state, ClassView view, MapMessages renderer) {
        this.merged = merged;
        this.state = state;
        this.view = view;
        this.renderer = renderer;
        this.forAll = merged.of(0);
        this.end = new MapCursor(view.id(), view.head());
    }

    /** What a session of the viewer does next. */
    MapFeed.Next next(NodeId viewer, boolean compressed) {
        int own = merged.of(viewer.value());
        return own == 0 && (forAll & PER_VIEWER) == 0 && compressed ? nextForMost(viewer) : nextFor(viewer, compressed);
    }

    /** One for all viewers that are not among the changed nodes. */
    private MapFeed.Next nextForMost(NodeId viewer) {
        MapFeed.Next ready = forMost;
        if (ready == null) {
            ready = nextFor(viewer, true);
            forMost = ready;
        }
        return ready;
    }

    private MapFeed.Next nextFor(NodeId viewer, boolean compressed) {
        return switch (outcomeFor(viewer)) {
            case MESSAGE -> new MapFeed.Next.Send(end, messageFor(viewer, compressed));
            case NOTHING -> new MapFeed.Next.Nothing(end);
            case FULL_MAP -> new MapFeed.Next.NeedsFull();
            case END -> new MapFeed.Next.Gone();
        };
    }

    private Outcome outcomeFor(NodeId viewer) {
        int own = merged.of(viewer.value());
        if ((own & Aspect.OWN_END) != 0) {
            return Outcome.END;
        }
        if ((own & Aspect.OWN_CLASS) != 0) {
            return Outcome.FULL_MAP;
        }
        if (forAll != 0 || (own & Aspect.OWN_BITS) != 0) {
            return Outcome.MESSAGE;
        }
        return sections().isEmptyFor(viewer) ? Outcome.NOTHING : Outcome.MESSAGE;
    }

    /** Only for the outcome {@code MESSAGE}. */
    private MapMessage messageFor(NodeId viewer, boolean compressed) {
        int own = merged.of(viewer.value());
        if (own == 0 && (forAll & PER_VIEWER) == 0 && compressed) {
            return shared();
        }
        MessageBuilder message = renderer.builder(compressed, false);
        message.text().beginObject();
        renderer.writeOwn(message, state, viewer, ownContent(own) | forAll & PER_VIEWER);
        writeSections(message, own == 0 ? null : viewer);
        message.text().endObject();
        return message.finish();
    }

    private static int ownContent(int own) {
        return ((own & Aspect.OWN_NODE) != 0 ? Aspect.ALL_NODE : 0)
                | ((own & Aspect.OWN_FILTER) != 0 ? Aspect.ALL_FILTER : 0)
                | ((own & Aspect.OWN_SSH) != 0 ? Aspect.ALL_SSH : 0)
                | ((own & Aspect.OWN_DNS) != 0 ? Aspect.ALL_DNS : 0);
    }

    private MapMessage shared() {
        MapMessage ready = shared;
        if (ready == null) {
            synchronized (this) {
                ready = shared;
                if (ready == null) {
                    MessageBuilder message = renderer.builder(true, true);
                    message.text().beginObject();
                    writeSections(message, null);
                    message.text().endObject();
                    ready = message.finish();
                    shared = ready;
                }
            }
        }
        return ready;
    }

    private void writeSections(MessageBuilder message, @Nullable NodeId viewer) {
        if ((forAll & Aspect.ALL_DERP_MAP) != 0) {
            message.name("DERPMap");
            message.shared(state.derpMap());
        }
        sections().write(message, viewer);
    }

    private Sections sections() {
        Sections ready = sections;
        if (ready == null) {
            synchronized (this) {
                ready = sections;
                if (ready == null) {
                    ready = makeSections();
                    sections = ready;
                }
            }
        }
        return ready;
    }

    private Sections makeSections() {
        TreeSet<Long> profiles = new TreeSet<>();
        Sections made = new Sections();
        for (int i = 0; i < merged.subjects.length; i++) {
            long subject = merged.subjects[i];
            int aspects = merged.aspects[i] & Aspect.PEER_BITS;
            if (subject < 0) {
                profiles.add(-subject);
            } else if (subject > 0 && aspects != 0) {
                addPeer(made, new NodeId(subject), aspects, profiles);
            }
        }
        if (!profiles.isEmpty()) {
            made.profiles = MapMessages.profiles(state, profiles);
        }
        return made;
    }

    private void addPeer(Sections made, NodeId id, int aspects, Set<Long> profiles) {
        PeerEntry peer = view.find(id);
        if (peer == null) {
            made.removed.add(id, Long.toString(id.value()).getBytes(StandardCharsets.US_ASCII));
            return;
        }
        if ((aspects & Aspect.PROFILE) != 0) {
            profiles.add(peer.userId());
        }
        if ((aspects & (Aspect.UPSERT | Aspect.REMOVED)) != 0) {
            made.changed.add(id, peer.json());
            return;
        }
        int patchable = aspects & ~Aspect.PROFILE;
        if (patchable != 0) {
            JsonWriter json = new JsonWriter(96);
            peer.patch(patchable).write(json);
            made.patches.add(id, json.toBytes());
        }
    }

    /** The arrays of the message. */
    private static final class Sections {
        final PieceList removed = new PieceList("PeersRemoved", 1024);
        final PieceList changed = new PieceList("PeersChanged", Fragment.TARGET_PEERS);
        final PieceList patches = new PieceList("PeersChangedPatch", 512);

        @Nullable
        SharedText profiles;

        boolean isEmptyFor(NodeId viewer) {
            return profiles == null
                    && removed.isEmptyWithout(viewer)
                    && changed.isEmptyWithout(viewer)
                    && patches.isEmptyWithout(viewer);
        }

        void write(MessageBuilder message, @Nullable NodeId viewer) {
            SharedText owners = profiles;
            if (owners != null) {
                message.name("UserProfiles").beginArray();
                message.shared(owners);
                message.text().endArray();
            }
            removed.write(message, viewer);
            changed.write(message, viewer);
            patches.write(message, viewer);
        }
    }

    /** Elements of one array, in chunks that are compressed once. Filled by one thread, then immutable. */
    private static final class PieceList {
        private final String name;
        private final int chunkPieces;
        private final List<NodeId> ids = new ArrayList<>();
        private final List<byte[]> pieces = new ArrayList<>();
        private volatile SharedText @Nullable [] chunks;

        PieceList(String name, int chunkPieces) {
            this.name = name;
            this.chunkPieces = chunkPieces;
        }

        void add(NodeId id, byte[] json) {
            ids.add(id);
            pieces.add(json);
        }

        boolean isEmptyWithout(NodeId viewer) {
            return ids.isEmpty() || ids.size() == 1 && ids.getFirst().equals(viewer);
        }

        void write(MessageBuilder message, @Nullable NodeId viewer) {
            if (viewer == null ? ids.isEmpty() : isEmptyWithout(viewer)) {
                return;
            }
            int own = viewer == null ? -1 : Collections.binarySearch(ids, viewer);
            message.name(name).beginArray();
            boolean first = true;
            SharedText[] all = chunks();
            for (int i = 0; i < all.length; i++) {
                boolean holdsOwn = own >= i * chunkPieces && own < (i + 1) * chunkPieces;
                SharedText chunk = holdsOwn ? new SharedText(join(i, own)) : all[i];
                if (chunk.text().length == 0) {
                    continue;
                }
                if (!first) {
                    message.comma();
                }
                first = false;
                if (holdsOwn || all.length == 1) {
                    message.text().append(chunk.text());
                } else {
                    message.shared(chunk);
                }
            }
            message.text().endArray();
        }

        private SharedText[] chunks() {
            SharedText[] ready = chunks;
            if (ready == null) {
                ready = new SharedText[(pieces.size() + chunkPieces - 1) / chunkPieces];
                for (int i = 0; i < ready.length; i++) {
                    ready[i] = new SharedText(join(i, -1));
                }
                chunks = ready;
            }
            return ready;
        }

        private byte[] join(int chunk, int without) {
            JsonWriter json = new JsonWriter(1024);
            int end = Math.min(pieces.size(), (chunk + 1) * chunkPieces);
            for (int i = chunk * chunkPieces; i < end; i++) {
                if (i != without) {
                    json.raw(pieces.get(i));
                }
            }
            return json.toBytes();
        }
    }
}
