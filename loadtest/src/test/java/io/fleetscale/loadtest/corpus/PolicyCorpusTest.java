package io.fleetscale.loadtest.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the real service answered for each captured policy, compared with both interpreters. */
class PolicyCorpusTest {
    static List<Named<Path>> captures() throws IOException {
        Path corpus = shared().resolve("policy-corpus");
        if (!Files.isDirectory(shared())) {
            Assumptions.abort("skipped: there are no captures in " + corpus.normalize());
        }
        List<Path> files = CorpusRun.files(corpus);
        assertThat(files).as("captures in %s", corpus.normalize()).isNotEmpty();
        return files.stream()
                .map(file -> Named.of(file.getFileName().toString(), file))
                .toList();
    }

    /** Beside the checkout. */
    private static Path shared() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("mvnw")) && directory.getParent() != null) {
            directory = directory.getParent();
        }
        return directory.resolve("../shared");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("captures")
    void theServersEngine(Path capture) throws IOException {
        assertThat(Comparison.firstDifference(CaptureReader.read(capture), new ServerEngine()))
                .isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("captures")
    @Tag("full")
    void theOracle(Path capture) throws IOException {
        assertThat(Comparison.firstDifference(CaptureReader.read(capture), new DirectEngine()))
                .isEmpty();
    }
}
