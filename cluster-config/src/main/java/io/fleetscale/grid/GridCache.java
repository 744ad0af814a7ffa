package io.fleetscale.grid;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.CacheException;
import org.apache.ignite.IgniteCache;
import org.apache.ignite.IgniteException;
import org.apache.ignite.cache.CachePeekMode;
import org.apache.ignite.cache.query.QueryCursor;
import org.apache.ignite.cache.query.ScanQuery;
import org.jspecify.annotations.Nullable;

/**
 * What all caches of the grid have in common. Every instance holds all entries, so reads are local: they see the writes of this
 * instance at once and those of others within the time of a message.
 *
 * <p>Thread-safe. Writes wait for other instances: never call them on an event loop. A cache keeps working over a restart of
 * the grid; while it is stopped every call throws {@link GridException}.
 *
 * @param <K> {@code Long} or {@code String}
 * @param <E> an entry as this kind of cache shows it
 */
public abstract sealed class GridCache<K, E>
        permits VersionedCache, EpochCache, CountedCache, TransientCache, ContentCache {
    /** The place of one cache in a grid that can be restarted. */
    interface Handle {
        String name();

        /** The cache in the running grid, or null while there is none. */
        @Nullable
        IgniteCache<?, byte[]> running();

        void listen(EntryFeed<?> feed);
    }

    /** Every instance holds every entry, as its owner or as one of the others. */
    private static final CachePeekMode[] HERE = {CachePeekMode.PRIMARY, CachePeekMode.BACKUP};

    private final Handle handle;

    GridCache(Handle handle) {
        this.handle = handle;
    }

    public final String name() {
        return handle.name();
    }

    /** Shows the bytes that are stored under a key. */
    abstract E show(K key, byte[] value);

    /** The entry as this instance holds it, or empty when it holds none. */
    public Optional<E> get(K key) {
        byte[] value = call(cache -> cache.get(key));
        return value == null ? Optional.empty() : Optional.of(show(key, value));
    }

    /** All entries that this instance holds, in no order; entries that change meanwhile are seen before or after. */
    public List<E> entries() {
        return call(cache -> {
            List<E> entries = new ArrayList<>();
            scan(cache, (key, value) -> entries.add(show(key, Objects.requireNonNull(value))));
            return entries;
        });
    }

    /** How many entries this instance holds. */
    public long size() {
        return call(cache -> cache.localSizeLong(HERE));
    }

    /** Forgets all entries, on all instances and without tombstones: for when the truth itself was replaced. */
    public void clear() {
        call(cache -> {
            cache.clear();
            return true;
        });
    }

    /**
     * Tells a listener of every entry that changes, through whichever instance, on a thread of its own. Several changes of an
     * entry in a short time may be told as one; what is told of an entry only ever moves forward. A listener that falls behind
     * by more than {@code limitKeys} entries is told to {@linkplain EntryListener#resynchronise resynchronise} instead, and so
     * is everyone when entries came over from another instance, such as after a restart of the grid.
     *
     * @param initial whether to begin with a resynchronisation, that is, all entries that are there
     */
    public Subscription listen(EntryListener<K, E> listener, boolean initial, int limitKeys) {
        EntryFeed<K> feed = new EntryFeed<>(handle.name(), limitKeys, new Showing(listener), new Copy());
        feed.start(initial);
        handle.listen(feed);
        return feed;
    }

    /** As above, with room for 200,000 entries. */
    public Subscription listen(EntryListener<K, E> listener, boolean initial) {
        return listen(listener, initial, EntryFeed.DEFAULT_LIMIT_KEYS);
    }

    /** Runs an operation on the cache of the running grid and turns every kind of failure into one. */
    final <R extends @Nullable Object> R call(Function<IgniteCache<K, byte[]>, R> operation) {
        @SuppressWarnings("unchecked") // a definition makes the facade, and only the facade writes keys
        IgniteCache<K, byte[]> cache = (IgniteCache<K, byte[]>) handle.running();
        if (cache == null) {
            throw new GridException("cache '" + name() + "': the grid is not running");
        }
        try {
            return operation.apply(cache);
        } catch (CacheException | IgniteException | IllegalStateException e) {
            throw new GridException("cache '" + name() + "': " + e.getMessage(), e);
        }
    }

    private void scan(IgniteCache<K, byte[]> cache, EntryFeed.Sink<K> sink) {
        try (QueryCursor<Cache.Entry<K, byte[]>> cursor = cache.query(new ScanQuery<K, byte[]>().setLocal(true))) {
            for (Cache.Entry<K, byte[]> entry : cursor) {
                sink.tell(entry.getKey(), entry.getValue());
            }
        }
    }

    /** Turns stored bytes into entries for a listener. */
    private final class Showing implements EntryFeed.Target<K> {
        private final EntryListener<K, E> listener;

        Showing(EntryListener<K, E> listener) {
            this.listener = listener;
        }

        @Override
        public void tell(K key, byte @Nullable [] value) {
            if (value == null) {
                listener.removed(key);
            } else {
                listener.changed(show(key, value));
            }
        }

        @Override
        public void resynchronise() {
            listener.resynchronise();
        }

        @Override
        public void resynchronised() {
            listener.resynchronised();
        }
    }

    /** The copy in this instance. */
    private final class Copy implements EntryFeed.Copy<K> {
        @Override
        public byte @Nullable [] value(K key) {
            return GridCache.this.<byte @Nullable []>call(cache -> cache.localPeek(key, HERE));
        }

        @Override
        public void scan(EntryFeed.Sink<K> sink) {
            call(cache -> {
                GridCache.this.scan(cache, sink);
                return true;
            });
        }
    }
}
