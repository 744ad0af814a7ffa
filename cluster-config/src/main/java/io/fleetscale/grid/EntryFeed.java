package io.fleetscale.grid;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands between the threads of the grid, which must never wait or fail, and one listener with a thread of its own.
 *
 * <p>It remembers which keys changed, not how: Ignite tells of two writes of a key in the wrong order now and then, but the copy
 * in this instance only moves forward, so the listener is told what the copy holds when its turn comes. Thread-safe. Bounded
 * by a number of keys; when it is passed, a scan of the cache takes their place.
 */
final class EntryFeed<K> implements Subscription {
    /** A key waits in about a hundred bytes. */
    static final int DEFAULT_LIMIT_KEYS = 200_000;

    private static final Logger LOG = LoggerFactory.getLogger(EntryFeed.class);
    private static final long RETRY_NANOS = 200_000_000;

    /** Takes what is stored under a key; null when nothing is. */
    @FunctionalInterface
    interface Sink<K> {
        void tell(K key, byte @Nullable [] value);
    }

    /** Takes everything that a listener hears. */
    interface Target<K> extends Sink<K> {
        void resynchronise();

        void resynchronised();
    }

    /** The copy of the cache in this instance; throws {@link GridException} while the grid does not run. */
    interface Copy<K> {
        byte @Nullable [] value(K key);

        void scan(Sink<K> sink);
    }

    private final String cache;
    private final int limitKeys;
    private final Target<K> target;
    private final Copy<K> copy;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();

    @GuardedBy("lock")
    private final LinkedHashSet<K> changed = new LinkedHashSet<>();

    @GuardedBy("lock")
    private boolean scanDue;

    @GuardedBy("lock")
    private boolean running;

    @GuardedBy("lock")
    private boolean closed;

    @GuardedBy("lock")
    private long overflows;

    private volatile Runnable onClose = () -> {};

    EntryFeed(String cache, int limitKeys, Target<K> target, Copy<K> copy) {
        this.cache = cache;
        this.limitKeys = limitKeys;
        this.target = target;
        this.copy = copy;
    }

    void start(boolean initial) {
        lock.lock();
        try {
            scanDue = initial;
        } finally {
            lock.unlock();
        }
        Thread.ofVirtual().name("grid-listener-" + cache).start(this::deliver);
    }

    void onClose(Runnable action) {
        onClose = action;
    }

    /** The grid runs and this feed hears of its changes. */
    void connected() {
        lock.lock();
        try {
            running = true;
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    void disconnected() {
        lock.lock();
        try {
            running = false;
        } finally {
            lock.unlock();
        }
    }

    /** Entries may have come or gone that nobody told of: tell everything. */
    void rescan() {
        lock.lock();
        try {
            changed.clear();
            scanDue = true;
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Called by a thread of the grid that holds the lock of the entry. */
    void changed(K key) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            changed.add(key);
            if (changed.size() > limitKeys) {
                overflows++;
                changed.clear();
                scanDue = true;
            }
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    int waitingKeys() {
        lock.lock();
        try {
            return changed.size();
        } finally {
            lock.unlock();
        }
    }

    long overflows() {
        lock.lock();
        try {
            return overflows;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            changed.clear();
            work.signal();
        } finally {
            lock.unlock();
        }
        onClose.run();
    }

    private void deliver() {
        while (true) {
            K key = null;
            lock.lock();
            try {
                while (!closed && !(running && (scanDue || !changed.isEmpty()))) {
                    work.awaitUninterruptibly();
                }
                if (closed) {
                    return;
                }
                if (scanDue) {
                    scanDue = false;
                } else {
                    Iterator<K> first = changed.iterator();
                    key = first.next();
                    first.remove();
                }
            } finally {
                lock.unlock();
            }
            try {
                if (key == null) {
                    tellAll();
                } else {
                    tell(key, copy.value(key));
                }
            } catch (GridException e) {
                // the grid stops, or stopped and is back: then everything is told anyway
                LOG.atDebug().addKeyValue("cache", cache).setCause(e).log("could not read the grid for a listener");
                rescan();
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }

    private void tellAll() {
        tell(target::resynchronise);
        copy.scan(this::tell);
        tell(target::resynchronised);
    }

    private void tell(K key, byte @Nullable [] value) {
        tell(() -> target.tell(key, value));
    }

    private void tell(Runnable notice) {
        try {
            notice.run();
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("cache", cache).setCause(e).log("a listener of the grid failed");
        }
    }
}
