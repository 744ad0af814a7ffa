package io.fleetscale.control.database.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code postmaster.pid} says.
 *
 * @param port where it listens; 0 while it does not say so yet
 * @param ready whether the server takes connections
 *     <p>Source: PostgreSQL src/include/utils/pidfile.h: line 1 process, 4 port, 8 status.
 */
record PostmasterPid(long pid, int port, boolean ready) {
    private static final int PORT_LINE = 3;
    private static final int STATUS_LINE = 7;

    /** Absent when the file is not there or not complete. */
    static Optional<PostmasterPid> read(Path cluster) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(cluster.resolve("postmaster.pid"));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (lines.isEmpty() || lines.getFirst().isBlank()) {
            return Optional.empty();
        }
        try {
            long pid = Math.abs(Long.parseLong(lines.getFirst().strip()));
            boolean ready =
                    lines.size() > STATUS_LINE && lines.get(STATUS_LINE).strip().equals("ready");
            int port = lines.size() > PORT_LINE && !lines.get(PORT_LINE).isBlank()
                    ? Integer.parseInt(lines.get(PORT_LINE).strip())
                    : 0;
            return Optional.of(new PostmasterPid(pid, port, ready));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Whether that process is a server on {@code cluster}: numbers are given out again, working directories tell. */
    boolean serves(Path cluster) {
        try {
            return Files.isSameFile(Path.of("/proc", Long.toString(pid), "cwd"), cluster);
        } catch (IOException e) {
            return false;
        }
    }
}
