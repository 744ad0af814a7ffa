package io.fleetscale.grid;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import javax.cache.event.CacheEntryEvent;
import org.apache.ignite.IgniteCache;
import org.apache.ignite.cache.query.ContinuousQuery;
import org.apache.ignite.cache.query.QueryCursor;
import org.jspecify.annotations.Nullable;

/**
 * The place of one cache over all starts of the grid: which Ignite cache it is now, and who listens to it.
 *
 * <p>Every instance holds all entries, so a listener hears of them from the own copy: nothing is sent for it, and it hears of a
 * write when this instance has it. Thread-safe.
 */
final class CacheSlot implements GridCache.Handle {
    private final String name;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<EntryFeed<?>, QueryCursor<?>> queries = new HashMap<>();

    @GuardedBy("lock")
    private final List<EntryFeed<?>> feeds = new ArrayList<>();

    private volatile @Nullable IgniteCache<?, byte[]> running;

    CacheSlot(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public @Nullable IgniteCache<?, byte[]> running() {
        return running;
    }

    @Override
    public void listen(EntryFeed<?> feed) {
        lock.lock();
        try {
            feeds.add(feed);
            feed.onClose(() -> forget(feed));
            IgniteCache<?, byte[]> cache = running;
            if (cache != null) {
                connect(feed, cache, false);
            }
        } finally {
            lock.unlock();
        }
    }

    void connect(IgniteCache<?, byte[]> cache, boolean again) {
        lock.lock();
        try {
            running = cache;
            for (EntryFeed<?> feed : feeds) {
                connect(feed, cache, again);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ignite ends the queries with its own stop. */
    void disconnect() {
        lock.lock();
        try {
            running = null;
            queries.clear();
            feeds.forEach(EntryFeed::disconnected);
        } finally {
            lock.unlock();
        }
    }

    void close() {
        List<EntryFeed<?>> open;
        lock.lock();
        try {
            open = List.copyOf(feeds);
        } finally {
            lock.unlock();
        }
        open.forEach(EntryFeed::close);
    }

    /** Entries came over from another instance, of which queries do not tell. */
    void rescan() {
        lock.lock();
        try {
            feeds.forEach(EntryFeed::rescan);
        } finally {
            lock.unlock();
        }
    }

    long waitingKeys() {
        lock.lock();
        try {
            return feeds.stream().mapToLong(EntryFeed::waitingKeys).sum();
        } finally {
            lock.unlock();
        }
    }

    long overflows() {
        lock.lock();
        try {
            return feeds.stream().mapToLong(EntryFeed::overflows).sum();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    @SuppressWarnings("unchecked") // a feed is made by the facade of this cache, with its type of key
    private <K> void connect(EntryFeed<K> feed, IgniteCache<?, byte[]> cache, boolean again) {
        ContinuousQuery<K, byte[]> query = new ContinuousQuery<>();
        query.setLocal(true);
        query.setIncludeExpired(true);
        query.setLocalListener(events -> {
            // only remembers the keys: an exception here would fail the write of someone else
            for (CacheEntryEvent<? extends K, ? extends byte[]> event : events) {
                feed.changed(event.getKey());
            }
        });
        queries.put(feed, ((IgniteCache<K, byte[]>) cache).query(query));
        if (again) {
            feed.rescan();
        }
        feed.connected();
    }

    private void forget(EntryFeed<?> feed) {
        QueryCursor<?> query;
        lock.lock();
        try {
            feeds.remove(feed);
            query = queries.remove(feed);
        } finally {
            lock.unlock();
        }
        if (query != null) {
            query.close();
        }
    }
}
