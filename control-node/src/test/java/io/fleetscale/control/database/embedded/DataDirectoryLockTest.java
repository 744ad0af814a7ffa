package io.fleetscale.control.database.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.database.embedded.DataDirectoryLock.UnusableDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryLockTest {
    @TempDir
    Path parent;

    @Test
    void takesItsOwnDirectoryAgain() {
        DataDirectoryLock.take(parent.resolve("new")).close();
        DataDirectoryLock.take(parent.resolve("new")).close();
        assertThat(parent.resolve("new")).isDirectory();
    }

    @Test
    void refusesADirectoryOfSomebodyElse() throws IOException {
        Files.writeString(parent.resolve("notes.txt"), "mine");
        assertThatThrownBy(() -> DataDirectoryLock.take(parent))
                .isInstanceOf(UnusableDirectory.class)
                .hasMessage("data directory " + parent + " cannot be used: it holds files that are not Fleetscale's,"
                        + " such as notes.txt; choose an empty directory with --data");
        assertThat(parent.toFile().list()).containsExactly("notes.txt");
    }

    @Test
    void saysWhyADirectoryCannotBeUsed() throws IOException {
        Path file = Files.writeString(parent.resolve("file"), "");
        assertThatThrownBy(() -> DataDirectoryLock.take(file))
                .hasMessage("data directory " + file
                        + " cannot be used: it is a file; choose another directory with --data");
    }
}
