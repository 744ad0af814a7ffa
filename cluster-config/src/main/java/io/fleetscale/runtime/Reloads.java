package io.fleetscale.runtime;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is read again on SIGHUP while everything else goes on: each part by itself, with one line in the log. A part whose
 * new content is wrong keeps the old. Thread-safe.
 */
public final class Reloads implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reloads.class);

    private final List<Named> parts = new CopyOnWriteArrayList<>();
    private final ExecutorService worker =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().name("reload").factory());
    private final AtomicBoolean asked = new AtomicBoolean();

    /** Something that can be read again. */
    @FunctionalInterface
    public interface Part {
        /**
         * @return whether anything is different now
         * @throws Exception with a text for people when the new content cannot be used: the old stays in force
         */
        boolean reload() throws Exception;
    }

    private record Named(String name, Part part) {}

    /** @param name for the log, such as {@code policy file} */
    public void add(String name, Part part) {
        parts.add(new Named(name, part));
    }

    /** Reloads on each SIGHUP, for the rest of the life of the process; before this the signal ends it. */
    public void install() {
        ProcessSignals.handle("HUP", this::request);
    }

    /** Reloads in the background; asking again before that has begun is the same request. */
    public void request() {
        if (asked.compareAndSet(false, true)) {
            worker.execute(() -> {
                asked.set(false);
                reload();
            });
        }
    }

    /** Reloads every part, in the order in which they were added. */
    synchronized void reload() {
        for (Named named : parts) {
            try {
                boolean changed = named.part().reload();
                LOG.atInfo().addKeyValue("part", named.name()).log(changed ? "reloaded" : "read again, nothing is new");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (Exception e) {
                LOG.atWarn()
                        .addKeyValue("part", named.name())
                        .addKeyValue("reason", e.getMessage())
                        .log("not reloaded, the old content stays in force");
            }
        }
    }

    @Override
    public void close() {
        worker.shutdownNow();
    }
}
