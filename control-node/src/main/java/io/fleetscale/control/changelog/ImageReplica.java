package io.fleetscale.control.changelog;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This instance's image: applies records strictly in order, from whichever side they come, on one thread of its own. Records
 * ahead of a gap wait for it to be filled. Thread-safe: what others call only enqueues or reads one volatile field.
 */
final class ImageReplica implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ImageReplica.class);

    /** Records ahead of a gap; the gap is read from the database within a second, so more means a flood of old ones. */
    private static final int MAX_AHEAD = 16_384;

    private sealed interface Event {
        record Entries(List<LogEntry> entries) implements Event {}

        record Loaded(LogPosition position) implements Event {}

        record Added(ImageListener listener) implements Event {}

        record Stop() implements Event {}
    }

    private record Waiter(long version, CompletableFuture<TailnetImage> future) {}

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final Executor callbacks;
    private final Thread thread;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final PriorityQueue<Waiter> waiters = new PriorityQueue<>(Comparator.comparingLong(Waiter::version));

    private volatile LogPosition position = LogPosition.EMPTY;
    private volatile boolean reloadWanted;

    // Confined to the apply thread.
    private final List<ImageListener> listeners = new ArrayList<>();
    private final TreeMap<Long, LogEntry> ahead = new TreeMap<>();
    private boolean loaded;

    /**
     * @param callbacks runs what waits for a version, so that it does not hold up the apply thread
     */
    ImageReplica(Executor callbacks) {
        this.callbacks = callbacks;
        this.thread = Thread.ofPlatform().daemon().name("changelog-apply").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    LogPosition position() {
        return position;
    }

    /** Whether a record could not be applied, so that only a whole image helps. */
    boolean wantsReload() {
        return reloadWanted;
    }

    void offer(List<LogEntry> entries) {
        events.add(new Event.Entries(entries));
    }

    void load(LogPosition newPosition) {
        events.add(new Event.Loaded(newPosition));
    }

    void addListener(ImageListener listener) {
        events.add(new Event.Added(listener));
    }

    /** Completes once the image has reached {@code version}; never fails by itself. */
    CompletableFuture<TailnetImage> reached(long version) {
        TailnetImage image = position.image();
        if (image.version() >= version) {
            return CompletableFuture.completedFuture(image);
        }
        CompletableFuture<TailnetImage> future = new CompletableFuture<>();
        synchronized (lock) {
            if (position.version() >= version) {
                future.complete(position.image());
            } else {
                waiters.add(new Waiter(version, future));
            }
        }
        return future;
    }

    private void run() {
        List<Event> batch = new ArrayList<>();
        try {
            while (true) {
                batch.clear();
                batch.add(events.take());
                events.drainTo(batch);
                for (Event event : batch) {
                    if (event instanceof Event.Stop) {
                        return;
                    }
                    handle(event);
                }
                releaseWaiters();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void handle(Event event) {
        switch (event) {
            case Event.Entries(List<LogEntry> entries) -> {
                for (LogEntry entry : entries) {
                    if (entry.version() > position.version() && ahead.size() < MAX_AHEAD) {
                        ahead.putIfAbsent(entry.version(), entry);
                    }
                }
                applyAhead();
            }
            case Event.Loaded(LogPosition newPosition) -> replace(newPosition);
            case Event.Added(ImageListener listener) -> {
                listeners.add(listener);
                if (loaded) {
                    tell(listener, () -> listener.loaded(position.image()));
                }
            }
            case Event.Stop() -> throw new IllegalStateException("handled by the loop");
        }
    }

    private void applyAhead() {
        while (!ahead.isEmpty() && loaded) {
            LogEntry entry = ahead.firstEntry().getValue();
            LogPosition before = position;
            if (entry.version() > before.version() + 1) {
                return;
            }
            ahead.pollFirstEntry();
            if (entry.version() <= before.version()) {
                continue;
            }
            try {
                publish(before.next(entry));
            } catch (IllegalStateException e) {
                log.atError()
                        .addKeyValue("version", entry.version())
                        .setCause(e)
                        .log("A log record does not fit the image; reloading");
                reloadWanted = true;
                return;
            }
            LogPosition after = position;
            for (ImageListener listener : listeners) {
                tell(listener, () -> listener.applied(before.image(), entry.delta(), after.image()));
            }
        }
    }

    private void replace(LogPosition newPosition) {
        reloadWanted = false;
        loaded = true;
        publish(newPosition);
        ahead.headMap(newPosition.version(), true).clear();
        for (ImageListener listener : listeners) {
            tell(listener, () -> listener.loaded(newPosition.image()));
        }
        applyAhead();
    }

    private void publish(LogPosition next) {
        synchronized (lock) {
            position = next;
        }
    }

    private void releaseWaiters() {
        TailnetImage image = position.image();
        List<Waiter> due = new ArrayList<>();
        synchronized (lock) {
            for (Waiter next = waiters.peek();
                    next != null
                            && (next.version() <= image.version()
                                    || next.future().isDone());
                    next = waiters.peek()) {
                due.add(next);
                waiters.poll();
            }
        }
        for (Waiter waiter : due) {
            callbacks.execute(() -> waiter.future().complete(image));
        }
    }

    private static void tell(ImageListener listener, Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            log.atError()
                    .addKeyValue("listener", listener.getClass().getName())
                    .setCause(e)
                    .log("A listener of the image failed");
        }
    }

    @Override
    public void close() {
        events.add(new Event.Stop());
        try {
            thread.join(java.time.Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<Waiter> left;
        synchronized (lock) {
            left = new ArrayList<>(waiters);
            waiters.clear();
        }
        left.forEach(waiter -> waiter.future().completeExceptionally(Unavailable.stopping()));
    }
}
