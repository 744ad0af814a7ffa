package io.fleetscale.loadtest.corpus;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Compares all captures below a directory. */
public final class CorpusRun {
    private final Engine engine;
    private final PrintStream out;

    public CorpusRun(Engine engine, PrintStream out) {
        this.engine = engine;
        this.out = out;
    }

    /** The capture files below {@code directory}, in order of their paths. */
    public static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".json")
                            || file.getFileName().toString().endsWith(".hujson"))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        }
    }

    /**
     * Prints a line for each file that differs and the sum.
     *
     * @return whether all files passed; false for none at all
     */
    public boolean run(Path directory) throws IOException {
        int passed = 0;
        int failed = 0;
        for (Path file : files(directory)) {
            Optional<String> difference = difference(file);
            if (difference.isEmpty()) {
                passed++;
            } else {
                failed++;
                out.println(directory.relativize(file) + ": " + difference.get());
            }
        }
        out.println(passed + " passed, " + failed + " failed");
        return failed == 0 && passed > 0;
    }

    private Optional<String> difference(Path file) throws IOException {
        try {
            return Comparison.firstDifference(CaptureReader.read(file), engine);
        } catch (RuntimeException e) {
            return Optional.of(e.toString());
        }
    }
}
