package io.fleetscale.control.presence;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.control.tailnet.NodeId;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings presence into the database in batches, the newest of each node only. What could not be written stays for the next
 * batch. Thread-safe; a virtual thread of its own writes.
 */
public final class PresenceWriter implements AutoCloseable {
    /** Soft state is in the database at most a second late; this leaves half of it for the write. */
    public static final Duration INTERVAL = Duration.ofMillis(500);

    private static final Logger LOG = LoggerFactory.getLogger(PresenceWriter.class);

    private final PresenceStore store;
    private final long intervalNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();

    @GuardedBy("lock")
    private Map<NodeId, PresenceGrid.Entry> presence = new HashMap<>();

    @GuardedBy("lock")
    private Map<NodeId, SessionGrid.Entry> sessions = new HashMap<>();

    @GuardedBy("lock")
    private Set<NodeId> removed = new HashSet<>();

    @GuardedBy("lock")
    private boolean closed;

    private final Thread thread = Thread.ofVirtual().name("presence-writer").unstarted(this::run);

    public PresenceWriter(PresenceStore store, Duration interval) {
        this.store = store;
        this.intervalNanos = interval.toNanos();
    }

    public void start() {
        thread.start();
    }

    void put(PresenceGrid.Entry entry) {
        lock.lock();
        try {
            presence.merge(entry.node(), entry, PresenceWriter::newer);
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    void put(SessionGrid.Entry entry) {
        lock.lock();
        try {
            sessions.merge(entry.node(), entry, (old, next) -> next.epoch() >= old.epoch() ? next : old);
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    void remove(NodeId node) {
        lock.lock();
        try {
            presence.remove(node);
            sessions.remove(node);
            removed.add(node);
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** How many nodes wait to be written. */
    public int backlog() {
        lock.lock();
        try {
            return presence.size() + sessions.size() + removed.size();
        } finally {
            lock.unlock();
        }
    }

    /** Writes what is waiting, on the caller's thread; for a drain and for tests. Answers whether all was written. */
    public boolean flush() {
        Map<NodeId, PresenceGrid.Entry> entries;
        Map<NodeId, SessionGrid.Entry> epochs;
        Set<NodeId> gone;
        lock.lock();
        try {
            entries = presence;
            epochs = sessions;
            gone = removed;
            presence = new HashMap<>();
            sessions = new HashMap<>();
            removed = new HashSet<>();
        } finally {
            lock.unlock();
        }
        try {
            if (!entries.isEmpty() || !epochs.isEmpty()) {
                store.write(entries.values(), epochs.values());
            }
            if (!gone.isEmpty()) {
                store.remove(gone);
            }
            return true;
        } catch (RuntimeException e) {
            LOG.atWarn()
                    .addKeyValue("nodes", entries.size())
                    .setCause(e)
                    .log("presence could not be stored, trying again");
            takeBack(entries, epochs, gone);
            return false;
        }
    }

    private void takeBack(
            Map<NodeId, PresenceGrid.Entry> entries, Map<NodeId, SessionGrid.Entry> epochs, Set<NodeId> gone) {
        lock.lock();
        try {
            entries.forEach((node, entry) -> presence.merge(node, entry, PresenceWriter::newer));
            epochs.forEach((node, entry) ->
                    sessions.merge(node, entry, (old, next) -> next.epoch() > old.epoch() ? next : old));
            removed.addAll(gone);
        } finally {
            lock.unlock();
        }
    }

    private static PresenceGrid.Entry newer(PresenceGrid.Entry a, PresenceGrid.Entry b) {
        boolean firstIsNewer = a.epoch() != b.epoch() ? a.epoch() > b.epoch() : a.counter() > b.counter();
        return firstIsNewer ? a : b;
    }

    private void run() {
        while (awaitWork()) {
            flush();
        }
    }

    /** Waits for work, then for the rest of the interval; false when it is time to stop. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (!closed && presence.isEmpty() && sessions.isEmpty() && removed.isEmpty()) {
                work.await();
            }
            long left = intervalNanos;
            while (!closed && left > 0) {
                left = work.awaitNanos(left);
            }
            return !closed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Stops, and writes what is waiting. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
        flush();
    }
}
