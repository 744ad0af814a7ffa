package io.fleetscale.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the command line reaches the server.
 *
 * @param address the gRPC address of a server elsewhere; null means the unix socket on this machine
 * @param apiKey needed together with {@code address}
 * @param timeout for connecting and the call together
 * @param insecure do not check the server's certificate
 */
public record CliConfig(@Nullable ListenAddress address, Secret apiKey, Duration timeout, boolean insecure) {
    private static final CliConfig DEFAULTS = new CliConfig(null, Secret.EMPTY, Duration.ofSeconds(5), false);

    public static CliConfig defaults() {
        return DEFAULTS;
    }

    static CliConfig read(Settings in) {
        return new CliConfig(
                in.address("cli.address", DEFAULTS.address),
                in.secret("cli.api_key", DEFAULTS.apiKey),
                in.duration("cli.timeout", DEFAULTS.timeout),
                in.flag("cli.insecure", DEFAULTS.insecure));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (address != null && apiKey.isEmpty()) {
            problems.add(ConfigProblem.warning(
                    "cli.api_key",
                    null,
                    "is missing while cli.address is set: the command line would be refused",
                    "set HEADSCALE_CLI_API_KEY"));
        }
        if (timeout.isNegative() || timeout.isZero()) {
            problems.add(ConfigProblem.error(
                    "cli.timeout", GoDuration.format(timeout), "must be above 0", "write a duration, such as 5s"));
        }
        return problems;
    }
}
