package io.fleetscale.control.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.ControlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtraRecordsFileTest {
    private static final String ONE = "[{\"name\":\"grafana.example.com\",\"type\":\"A\",\"value\":\"100.64.0.3\"}]";

    @TempDir
    Path directory;

    @Test
    void followsTheFileAndKeepsTheLastGoodContent() throws IOException {
        Path path = directory.resolve("records.json");
        Files.writeString(path, ONE);
        ExtraRecordsFile file = new ExtraRecordsFile(path);
        file.load();
        DnsSettings.ExtraRecord first = new DnsSettings.ExtraRecord("grafana.example.com", "A", "100.64.0.3");
        assertThat(file.current()).containsExactly(first);

        Files.writeString(path, "");
        assertThat(file.current()).containsExactly(first);
        Files.writeString(path, "[{\"name\":");
        assertThat(file.current()).containsExactly(first);
        Files.delete(path);
        assertThat(file.current()).containsExactly(first);

        Files.writeString(path, "[]");
        assertThat(file.current()).isEmpty();
    }

    @Test
    void refusesToStartWithWhatItCannotRead() throws IOException {
        assertThatThrownBy(() -> new ExtraRecordsFile(directory).load())
                .isInstanceOf(ControlException.class)
                .hasMessageContaining("only file is supported");
        Path path = directory.resolve("records.json");
        Files.writeString(path, "[{\"name\":\"x\"}]");
        assertThatThrownBy(() -> new ExtraRecordsFile(path).load())
                .isInstanceOf(ControlException.class)
                .hasMessageContaining("record 1")
                .hasMessageContaining(path.toString());
    }
}
