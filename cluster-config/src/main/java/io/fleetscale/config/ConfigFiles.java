package io.fleetscale.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the configuration file: the option, else {@code HEADSCALE_CONFIG}, else the usual directories. */
final class ConfigFiles {
    static final String VARIABLE = "HEADSCALE_CONFIG";

    private static final List<String> EXTENSIONS = List.of("yaml", "yml", "json", "toml");

    /**
     * @param path the file to read; null when none was named and none found
     * @param named whether somebody named it, so that its absence is a mistake
     */
    record Choice(@Nullable Path path, boolean named) {}

    private ConfigFiles() {}

    static Choice choose(
            @Nullable Path option, Map<String, String> environment, Path workingDirectory, Path systemDirectory) {
        if (option != null) {
            return new Choice(workingDirectory.resolve(option).toAbsolutePath().normalize(), true);
        }
        String variable = environment.getOrDefault(VARIABLE, "");
        if (!variable.isEmpty()) {
            return new Choice(
                    workingDirectory.resolve(variable).toAbsolutePath().normalize(), true);
        }
        String home = environment.getOrDefault("HOME", "");
        Path homeDirectory = home.isEmpty()
                ? workingDirectory
                : workingDirectory.resolve(home).resolve(".headscale");
        for (Path directory : List.of(systemDirectory, homeDirectory, workingDirectory)) {
            for (String extension : EXTENSIONS) {
                Path candidate = directory.resolve("config." + extension);
                if (Files.isRegularFile(candidate)) {
                    return new Choice(candidate.toAbsolutePath().normalize(), false);
                }
            }
        }
        return new Choice(null, false);
    }
}
