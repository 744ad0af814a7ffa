package io.fleetscale.control.backup;

import io.fleetscale.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where an instance keeps its key files, by their names in archives.
 *
 * @param places name to file, which need not exist
 */
public record KeyFiles(Map<String, Path> places) {
    private static final int MAX_BYTES = 1 << 16;
    private static final String CERTIFICATE = ".crt";

    public KeyFiles {
        places = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(places));
    }

    /** The content of those that exist. */
    public Map<String, byte[]> read() throws IOException {
        Map<String, byte[]> found = new LinkedHashMap<>();
        for (Map.Entry<String, Path> place : places.entrySet()) {
            if (Files.exists(place.getValue())) {
                if (Files.size(place.getValue()) > MAX_BYTES) {
                    throw new BackupException(
                            "key file " + place.getValue() + " is longer than " + MAX_BYTES + " bytes");
                }
                found.put(place.getKey(), Files.readAllBytes(place.getValue()));
            }
        }
        return found;
    }

    /** Files that hold something else than {@code keys} would put there. */
    public List<Path> conflicts(Map<String, byte[]> keys) throws IOException {
        List<Path> conflicts = new ArrayList<>();
        Map<String, byte[]> present = read();
        keys.forEach((name, content) -> {
            byte[] there = present.get(name);
            Path place = places.get(name);
            if (there != null && place != null && !Arrays.equals(there, content)) {
                conflicts.add(place);
            }
        });
        return conflicts;
    }

    /** Writes keys beside their places; keys without a place are left out. */
    public Staged stage(Map<String, byte[]> keys) throws IOException {
        Map<String, Path> staged = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, byte[]> key : keys.entrySet()) {
                Path place = places.get(key.getKey());
                Path directory = place == null ? null : place.toAbsolutePath().getParent();
                if (place != null && directory != null) {
                    Files.createDirectories(directory);
                    Path beside = directory.resolve("." + place.getFileName() + ".restore");
                    AtomicFiles.write(
                            beside,
                            key.getValue(),
                            key.getKey().endsWith(CERTIFICATE) ? AtomicFiles.READABLE : AtomicFiles.OWNER_ONLY);
                    staged.put(key.getKey(), beside);
                }
            }
        } catch (IOException e) {
            for (Path file : staged.values()) {
                Files.deleteIfExists(file);
            }
            throw e;
        }
        return new Staged(staged);
    }

    /** Keys that lie beside their places until {@link #commit}; closing it before takes them away. */
    public final class Staged implements AutoCloseable {
        private final Map<String, Path> staged;

        private Staged(Map<String, Path> staged) {
            this.staged = staged;
        }

        /** Where a key is to be read now: the staged file, or the one in its place. */
        public Path now(String name) {
            Path place = staged.getOrDefault(name, places.get(name));
            if (place == null) {
                throw new IllegalArgumentException("no place for " + name);
            }
            return place;
        }

        /** Puts all in their places. */
        public void commit() throws IOException {
            for (Map.Entry<String, Path> key : staged.entrySet()) {
                Path place = places.get(key.getKey());
                if (place != null) {
                    Files.move(
                            key.getValue(), place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }

        @Override
        public void close() throws IOException {
            for (Path file : staged.values()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
