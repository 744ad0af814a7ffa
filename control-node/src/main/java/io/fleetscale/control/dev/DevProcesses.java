package io.fleetscale.control.dev;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a dev cluster by name. It watches them but restarts none, so that one that was killed stays dead until
 * somebody {@linkplain #start starts} it. Thread-safe.
 */
public final class DevProcesses implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(3);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final ConcurrentSkipListMap<String, DevProcess> processes = new ConcurrentSkipListMap<>();

    /** Adds a process and starts it; does not wait for it. */
    public DevProcess launch(DevProcess process) throws IOException {
        if (processes.putIfAbsent(process.name(), process) != null) {
            throw new IllegalStateException("two processes are named " + process.name());
        }
        process.start();
        return process;
    }

    /** Waits until all of these are ready. */
    public static void awaitReady(Collection<DevProcess> launched) throws IOException, InterruptedException {
        for (DevProcess process : launched) {
            process.awaitReady(START_LIMIT);
        }
    }

    /**
     * Starts a process that died, and waits until it is ready.
     *
     * @return its process id
     * @throws IOException if there is none of this name, if it runs, or if it does not become ready
     */
    public long start(String name) throws IOException, InterruptedException {
        DevProcess process = processes.get(name);
        if (process == null) {
            throw new IOException("there is no process " + name + ": name one of " + String.join(", ", names()));
        }
        if (!process.start()) {
            throw new IOException(name + " runs already as process " + process.pid());
        }
        process.awaitReady(START_LIMIT);
        return process.pid();
    }

    public List<String> names() {
        return List.copyOf(processes.keySet());
    }

    public @Nullable DevProcess find(String name) {
        return processes.get(name);
    }

    /** Stops all at once: nobody is left to move sessions to. */
    @Override
    public void close() {
        processes.values().forEach(DevProcess::askToStop);
        processes.values().forEach(process -> process.awaitEnd(STOP_LIMIT));
    }
}
