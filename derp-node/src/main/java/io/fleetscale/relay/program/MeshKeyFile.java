package io.fleetscale.relay.program;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.fleetscale.relay.admission.MeshKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of the mesh keys, read again whenever it changes, so that keys are changed while the relay runs. A file that cannot be
 * used leaves the keys as they are. Thread-safe.
 */
final class MeshKeyFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MeshKeyFile.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
    private static final long MAX_BYTES = 4096;

    private final Path file;
    private final Consumer<MeshKeys> changed;
    private final Thread thread = Thread.ofVirtual().name("mesh-key-file").unstarted(this::run);
    private MeshKeys current = MeshKeys.NONE;

    MeshKeyFile(Path file, Consumer<MeshKeys> changed) {
        this.file = file;
        this.changed = changed;
    }

    /**
     * Reads the file and passes on keys that are new.
     *
     * @return whether they are
     * @throws IOException naming the file, never its content
     */
    @CanIgnoreReturnValue
    synchronized boolean load() throws IOException {
        MeshKeys keys;
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new IOException("mesh_key_file " + file + ": is larger than two keys");
            }
            keys = MeshKeys.parse(Files.readString(file, StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException e) {
            throw new IOException("mesh_key_file " + file + ": " + e.getMessage(), e);
        }
        if (keys.shown().isEmpty()) {
            throw new IOException("mesh_key_file " + file + ": holds no key; write 64 hexadecimal digits");
        }
        if (!keys.equals(current)) {
            current = keys;
            changed.accept(keys);
            return true;
        }
        return false;
    }

    void start() {
        thread.start();
    }

    private void run() {
        String problem = "";
        try {
            while (true) {
                Thread.sleep(LOOK_EVERY);
                try {
                    load();
                    problem = "";
                } catch (IOException e) {
                    if (!problem.equals(e.getMessage())) {
                        problem = String.valueOf(e.getMessage());
                        LOG.atWarn().addKeyValue("reason", problem).log("the mesh keys stay as they are");
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
