package io.fleetscale.config;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@link ConfigLoader} found. The configuration is whole even when there are problems: what could not be read has
 * its default. Start a server only when {@link #isUsable()}.
 *
 * @param problems errors first, then warnings, each in the order of the reference
 * @param fromEnvironment what the environment says instead of the file: {@code prefixes.v4 from HEADSCALE_PREFIXES_V4}
 * @param file the file that was read; null when there was none
 */
public record LoadedConfig(
        ServerConfig config,
        List<ConfigProblem> problems,
        List<String> fromEnvironment,
        @Nullable Path file) {
    public LoadedConfig {
        problems = List.copyOf(problems);
        fromEnvironment = List.copyOf(fromEnvironment);
    }

    public boolean isUsable() {
        return problems.stream().noneMatch(ConfigProblem::isError);
    }

    public List<ConfigProblem> errors() {
        return problems.stream().filter(ConfigProblem::isError).toList();
    }

    public List<ConfigProblem> warnings() {
        return problems.stream().filter(problem -> !problem.isError()).toList();
    }

    /**
     * One line for each problem with key, value and remedy, and where the configuration came from if it cannot be used;
     * empty when there is no problem. Holds no secret.
     */
    public String report() {
        String source = isUsable()
                ? ""
                : file == null ? "no configuration file was found\n" : "the configuration file is " + file + "\n";
        return problems.stream().map(problem -> problem + "\n").collect(Collectors.joining()) + source;
    }
}
