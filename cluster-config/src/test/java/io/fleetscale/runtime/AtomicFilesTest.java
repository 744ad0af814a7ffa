package io.fleetscale.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
    @TempDir
    private Path directory;

    @Test
    void replacesContentAndPermissions() throws IOException {
        Path file = directory.resolve("ready");
        AtomicFiles.writeText(file, "one", AtomicFiles.READABLE);
        assertThat(permissions(file)).isEqualTo("rw-r--r--");
        AtomicFiles.writeText(file, "two", AtomicFiles.OWNER_ONLY);
        assertThat(Files.readString(file)).isEqualTo("two");
        assertThat(permissions(file)).isEqualTo("rw-------");
    }

    @Test
    void leavesNothingBehindWhenItFails() throws IOException {
        Path occupied = directory.resolve("target");
        Files.createDirectories(occupied.resolve("inside"));
        assertThatThrownBy(() -> AtomicFiles.writeText(occupied, "x", AtomicFiles.READABLE))
                .isInstanceOf(IOException.class);
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).containsExactly(occupied);
        }
    }

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
