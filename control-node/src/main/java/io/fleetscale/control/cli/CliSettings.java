package io.fleetscale.control.cli;

import io.fleetscale.config.CliConfig;
import io.fleetscale.config.ConfigLoader;
import io.fleetscale.config.ConfigProblem;
import io.fleetscale.config.LoadedConfig;
import io.fleetscale.config.Secret;
import io.fleetscale.config.ServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the server is reached.
 *
 * @param address host and port of a server elsewhere; empty means the unix socket
 * @param timeout for connecting and the call together
 * @param insecure whether the server's certificate is not checked
 */
record CliSettings(Path unixSocket, String address, Secret apiKey, Duration timeout, boolean insecure) {
    /** Where the settings come from. */
    @FunctionalInterface
    interface Source {
        /**
         * @param config the file that {@code --config} names
         * @throws CliFailure if it cannot be read
         */
        CliSettings load(@Nullable Path config);
    }

    /** From the configuration file and the environment of this process. */
    static CliSettings ofProcess(@Nullable Path config) {
        LoadedConfig loaded = ConfigLoader.ofProcess().load(config, ConfigLoader.Purpose.COMMAND_LINE);
        if (!loaded.isUsable()) {
            throw new CliFailure(loaded.errors().stream()
                    .map(ConfigProblem::toString)
                    .collect(Collectors.joining("\n", "loading configuration: ", "")));
        }
        ServerConfig server = loaded.config();
        CliConfig cli = server.cli();
        return new CliSettings(
                server.listen().unixSocket(),
                cli.address() == null ? "" : cli.address().toString(),
                cli.apiKey(),
                cli.timeout(),
                cli.insecure());
    }
}
