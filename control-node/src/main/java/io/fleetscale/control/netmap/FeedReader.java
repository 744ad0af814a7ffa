package io.fleetscale.control.netmap;

import io.fleetscale.control.tailnet.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Reads a feed for many sessions in a row. Most of them stand at the same place, so what lies between it and the state is looked
 * up once and not for each, under a lock that event loops share. Confined to one thread.
 */
public final class FeedReader {
    private final MapFeed feed;
    private @Nullable NetmapState state;
    private @Nullable MapCursor from;
    private @Nullable RangeMessage range;

    public FeedReader(MapFeed feed) {
        this.feed = feed;
    }

    /** As {@link MapFeed#next}. */
    @SuppressWarnings(
            "ReferenceEquality") // sessions that were told the same share the cursor; others merely look it up again
    public MapFeed.Next next(NetmapState now, MapCursor cursor, NodeId viewer, boolean compressed) {
        if (now != state || cursor != from) {
            state = now;
            from = cursor;
            range = feed.range(now, cursor);
        }
        RangeMessage known = range;
        return known == null ? feed.next(now, cursor, viewer, compressed) : known.next(viewer, compressed);
    }
}
