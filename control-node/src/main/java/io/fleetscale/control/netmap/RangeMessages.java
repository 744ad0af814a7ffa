package io.fleetscale.control.netmap;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;

/**
 * What the viewers of one class share: the log of notices, and the messages that were made of parts of it. Sessions at the same
 * place get the same message. Thread-safe.
 */
final class RangeMessages {
    /** Sessions that are further apart than this many different places render for themselves again. */
    private static final int MAX_RANGES = 64;

    private final NoticeLog log;
    private final AtomicReference<@Nullable Profiles> profiles = new AtomicReference<>();

    private final Map<Range, RangeMessage> ranges = new LinkedHashMap<>(MAX_RANGES, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Range, RangeMessage> eldest) {
            return size() > MAX_RANGES;
        }
    };

    private record Range(long from, long to) {}

    /** Profiles of exactly these owners as these users stood. */
    private record Profiles(HashPMap<Long, Integer> owners, Object users, SharedText text) {}

    RangeMessages(NoticeLog log) {
        this.log = log;
    }

    NoticeLog log() {
        return log;
    }

    /** What happened after {@code from} up to the head of the view, or null if it is not known any more. */
    @Nullable
    RangeMessage after(long from, NetmapState state, ClassView view, MapMessages renderer) {
        Range range = new Range(from, view.head());
        synchronized (ranges) {
            RangeMessage known = ranges.get(range);
            if (known != null) {
                return known;
            }
        }
        NoticeLog.Merged merged = log.merge(from, view.head());
        if (merged == null) {
            return null;
        }
        RangeMessage message = new RangeMessage(merged, state, view, renderer);
        synchronized (ranges) {
            RangeMessage first = ranges.putIfAbsent(range, message);
            return first == null ? message : first;
        }
    }

    /** The profiles of all owners in the view, as elements of an array. */
    @SuppressWarnings("ReferenceEquality") // persistent maps keep their identity while they do not change
    SharedText profiles(NetmapState state, ClassView view) {
        Profiles known = profiles.get();
        Object users = state.image().users();
        if (known == null || known.owners() != view.owners() || known.users() != users) {
            known = new Profiles(
                    view.owners(),
                    users,
                    MapMessages.profiles(state, view.owners().keySet()));
            profiles.set(known);
        }
        return known.text();
    }
}
