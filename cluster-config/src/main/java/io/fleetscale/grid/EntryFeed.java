package io.fleetscale.grid;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queue between the threads of the grid, which must never wait or fail, and one listener with a thread of its own.
 *
 * <p>Thread-safe. Bounded by bytes: when the limit is passed the queue is thrown away and a scan of the cache takes its place.
 */
final class EntryFeed<K> implements Subscription {
    static final long DEFAULT_LIMIT_BYTES = 64L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(EntryFeed.class);
    private static final int ENTRY_OVERHEAD_BYTES = 64;
    private static final long RETRY_NANOS = 200_000_000;

    /** Takes entries. */
    @FunctionalInterface
    interface Sink<K> {
        void changed(K key, byte[] value);
    }

    /** Takes everything that a listener hears. */
    interface Target<K> extends Sink<K> {
        void resynchronise();

        void resynchronised();

        void removed(K key);
    }

    private static final class Change<K> {
        private final K key;
        private final byte @Nullable [] value;

        Change(K key, byte @Nullable [] value) {
            this.key = key;
            this.value = value;
        }

        long bytes() {
            return (long) ENTRY_OVERHEAD_BYTES + (value == null ? 0 : value.length);
        }
    }

    private final String cache;
    private final long limitBytes;
    private final Target<K> target;
    private final Consumer<Sink<K>> scan;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<Change<K>> queue = new ArrayDeque<>();

    @GuardedBy("lock")
    private long queuedBytes;

    @GuardedBy("lock")
    private boolean scanDue;

    @GuardedBy("lock")
    private boolean running;

    @GuardedBy("lock")
    private boolean closed;

    @GuardedBy("lock")
    private long overflows;

    private volatile Runnable onClose = () -> {};

    EntryFeed(String cache, long limitBytes, Target<K> target, Consumer<Sink<K>> scan) {
        this.cache = cache;
        this.limitBytes = limitBytes;
        this.target = target;
        this.scan = scan;
    }

    String cache() {
        return cache;
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

    /** The grid runs and this feed hears of its changes; after a restart everything is told again. */
    void connected(boolean again) {
        lock.lock();
        try {
            running = true;
            if (again) {
                dropQueue();
                scanDue = true;
            }
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

    /** A change, told by a thread of the grid that holds the lock of the entry. */
    void offer(K key, byte @Nullable [] value) {
        Change<K> change = new Change<>(key, value);
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (queuedBytes + change.bytes() > limitBytes) {
                overflows++;
                dropQueue();
                scanDue = true;
            } else {
                queue.add(change);
                queuedBytes += change.bytes();
            }
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    long queuedBytes() {
        lock.lock();
        try {
            return queuedBytes;
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
            dropQueue();
            work.signal();
        } finally {
            lock.unlock();
        }
        onClose.run();
    }

    @GuardedBy("lock")
    private void dropQueue() {
        queue.clear();
        queuedBytes = 0;
    }

    private void deliver() {
        while (true) {
            Change<K> next;
            lock.lock();
            try {
                while (!closed && !(scanDue && running) && (scanDue || queue.isEmpty())) {
                    work.awaitUninterruptibly();
                }
                if (closed) {
                    return;
                }
                if (scanDue) {
                    scanDue = false;
                    next = null;
                } else {
                    next = queue.remove();
                    queuedBytes -= next.bytes();
                }
            } finally {
                lock.unlock();
            }
            if (next == null) {
                tellAll();
            } else {
                tell(next);
            }
        }
    }

    private void tell(Change<K> change) {
        try {
            if (change.value == null) {
                target.removed(change.key);
            } else {
                target.changed(change.key, change.value);
            }
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("cache", cache).setCause(e).log("a listener of the grid failed on an entry");
        }
    }

    private void tellAll() {
        try {
            target.resynchronise();
            scan.accept((key, value) -> tell(new Change<>(key, value)));
            target.resynchronised();
        } catch (RuntimeException e) {
            LOG.atWarn()
                    .addKeyValue("cache", cache)
                    .setCause(e)
                    .log("could not read all entries of the grid, trying again");
            lock.lock();
            try {
                scanDue = true;
            } finally {
                lock.unlock();
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
    }
}
