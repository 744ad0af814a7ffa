package io.fleetscale.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GridConfigTest {
    @Test
    void aloneNeedsNoNetwork() {
        assertThat(GridConfig.alone("one", "0.1.0-SNAPSHOT", Path.of("work"), Caches.ALL)
                        .validate())
                .isEmpty();
    }

    @Test
    void reportsAllProblemsAtOnce() {
        GridConfig config = new GridConfig(
                " ",
                "latest",
                Path.of("work"),
                "0.0.0.0",
                80,
                80,
                new Discovery.Addresses(List.of()),
                Duration.ZERO,
                Optional.empty(),
                new GridMemory(1, GridMemory.INITIAL_BYTES),
                Duration.ZERO,
                List.of(Caches.NODES, Caches.NODES));
        assertThat(config.validate())
                .hasSize(12)
                .anyMatch(problem -> problem.contains("TLS"))
                .anyMatch(problem -> problem.contains("'latest'"))
                .anyMatch(problem -> problem.contains("'nodes'"))
                .anyMatch(problem -> problem.contains("0.0.0.0"));
        assertThatThrownBy(() -> new Grid(config)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void neighbouringReleasesRunBesideEachOther() {
        ProgramVersion own = ProgramVersion.parse("v1.4.0");
        assertThat(own.runsBeside(ProgramVersion.parse("1.5.9-SNAPSHOT"))).isTrue();
        assertThat(own.runsBeside(ProgramVersion.parse("1.3.0"))).isTrue();
        assertThat(own.runsBeside(ProgramVersion.parse("1.6.0"))).isFalse();
        assertThat(own.runsBeside(ProgramVersion.parse("2.4.0"))).isFalse();
    }
}
