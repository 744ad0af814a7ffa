package io.fleetscale.deploy;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The release before the one under test, built from the repository's history: the last tag before this commit, or the commit
 * before while there is no tag; or what the environment names in {@code PREVIOUS_RELEASE}. It is kept in {@code
 * deploy/target/previous/COMMIT} until the next {@code mvn clean} or until another commit is the previous one.
 */
final class PreviousRelease {
    private static final long GIT_SECONDS = 60;
    private static final long BUILD_MINUTES = 15;
    private static final String COMPLETE = ".complete";

    private PreviousRelease() {}

    /** Its {@code bin/fleetscale}; skips the test in one line where there is no history, or where it cannot be built. */
    static Path launcher() throws IOException, InterruptedException {
        Path repository = DevProcess.repository().toRealPath();
        String top = git(repository, "rev-parse", "--show-toplevel");
        if (top == null || !Path.of(top).toRealPath().equals(repository)) {
            return abort("skipped: the previous release is built from git's history, and here is none");
        }
        String name = System.getenv("PREVIOUS_RELEASE");
        name = name == null ? git(repository, "describe", "--tags", "--abbrev=0", "HEAD^") : name;
        String commit =
                git(repository, "rev-parse", "--verify", "--quiet", (name == null ? "HEAD^" : name) + "^{commit}");
        if (commit == null) {
            return abort("skipped: the previous release is not in git's history here (a shallow clone?)");
        }
        Path kept = repository.resolve("deploy").resolve("target").resolve("previous");
        Path home = kept.resolve(commit);
        if (!Files.exists(home.resolve(COMPLETE))) {
            deleteTree(kept);
            Files.createDirectories(home);
            unpack(repository, commit, home);
            build(home);
            Files.createFile(home.resolve(COMPLETE));
        }
        try (Stream<Path> archives = Files.list(home.resolve("deploy").resolve("target"))) {
            return archives.filter(path -> path.getFileName().toString().startsWith("fleetscale-"))
                    .map(path -> path.resolve(path.getFileName()).resolve("bin").resolve("fleetscale"))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("the build in " + home + " has made no archive"));
        }
    }

    /** The first line that git prints; null when it fails or is not there. */
    private static @Nullable String git(Path repository, String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("git", "-C", repository.toString()));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor(GIT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0 ? output.strip() : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static void unpack(Path repository, String commit, Path home) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "git -C \"$1\" archive --format=tar \"$2\" | tar -x -C \"$3\"",
                        "sh",
                        repository.toString(),
                        commit,
                        home.toString())
                .inheritIO()
                .start();
        if (process.waitFor() != 0) {
            abort("skipped: commit " + commit + " cannot be taken out of git's history");
        }
    }

    /** Without a network first: nearly always the libraries are those of the present release. */
    private static void build(Path home) throws IOException, InterruptedException {
        Path log = home.resolve("build.log");
        for (List<String> more : List.of(List.of("-o"), List.<String>of())) {
            List<String> command = new ArrayList<>(List.of("./mvnw", "-q", "-B"));
            command.addAll(more);
            command.addAll(List.of("-Dmaven.test.skip=true", "-Dspotless.check.skip=true", "package"));
            Process process = new ProcessBuilder(command)
                    .directory(home.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (!process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                abort("skipped: the previous release was not built within " + BUILD_MINUTES + " minutes");
            }
            if (process.exitValue() == 0) {
                return;
            }
        }
        abort("skipped: the previous release does not build here, see " + log);
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
