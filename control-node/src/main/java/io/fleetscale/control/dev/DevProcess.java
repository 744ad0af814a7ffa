package io.fleetscale.control.dev;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process of a dev cluster, which can be started again after it died. Its output goes to a file. Thread-safe.
 */
public final class DevProcess {
    private static final Logger LOG = LoggerFactory.getLogger(DevProcess.class);
    private static final int SHOWN_LINES = 12;
    private static final Duration POLL = Duration.ofMillis(50);

    /** Whether a process serves now; asked again and again, so a refusal to connect is a plain no. */
    @FunctionalInterface
    public interface ReadyCheck {
        boolean isReady();
    }

    private final String name;
    private final List<String> command;
    private final Path logFile;
    private final ReadyCheck ready;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private @Nullable Process process;

    private volatile boolean stopping;

    public DevProcess(String name, List<String> command, Path logFile, ReadyCheck ready) {
        this.name = name;
        this.command = List.copyOf(command);
        this.logFile = logFile;
        this.ready = ready;
    }

    public String name() {
        return name;
    }

    public Path logFile() {
        return logFile;
    }

    /** The process id, or 0 while it does not run. */
    public long pid() {
        Process running = running();
        return running == null ? 0 : running.pid();
    }

    private @Nullable Process running() {
        lock.lock();
        try {
            return process != null && process.isAlive() ? process : null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Starts it; does not wait until it is ready.
     *
     * @return whether it did not run already
     */
    public boolean start() throws IOException {
        lock.lock();
        try {
            if (process != null && process.isAlive()) {
                return false;
            }
            Files.createDirectories(logFile.toAbsolutePath().getParent());
            Process started = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()))
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            process = started;
            var unused = started.onExit().thenAccept(this::ended);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void ended(Process ended) {
        if (!stopping) {
            LOG.atWarn()
                    .addKeyValue("process", name)
                    .addKeyValue("exit", ended.exitValue())
                    .log("a process of the cluster ended; it stays so until it is started again");
        }
    }

    /**
     * Waits until it is ready.
     *
     * @throws IOException if it ends before, or is not ready in time; with the end of its output
     */
    public void awaitReady(Duration limit) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!ready.isReady()) {
            Process running = running();
            if (running == null) {
                throw new IOException(name + " ended before it was ready:\n" + lastOutput());
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(name + " was not ready within " + limit.toSeconds() + " s:\n" + lastOutput());
            }
            TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
        }
    }

    private String lastOutput() throws IOException {
        List<String> lines =
                Files.readString(logFile, StandardCharsets.UTF_8).lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()));
    }

    /** Asks it to stop; twice means at once. */
    void askToStop() {
        stopping = true;
        Process running = running();
        if (running != null) {
            running.destroy();
        }
    }

    /** Waits for its end, and ends it by force when it takes too long. */
    void awaitEnd(Duration limit) {
        Process running = running();
        try {
            if (running != null && !running.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.atWarn().addKeyValue("process", name).log("did not stop in time and was killed");
                running.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            running.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
