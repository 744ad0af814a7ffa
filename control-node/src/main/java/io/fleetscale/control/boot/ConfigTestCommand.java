package io.fleetscale.control.boot;

import io.fleetscale.config.ConfigLoader;
import io.fleetscale.config.LoadedConfig;
import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.Invocation;

/** {@code fleetscale configtest}: all problems of the configuration at once; unknown keys are errors here. */
final class ConfigTestCommand {
    private static final int FAILED = 1;

    private ConfigTestCommand() {}

    static CliCommand command() {
        return CliCommand.of("configtest", "Check the configuration and print all of its problems")
                .run(ConfigTestCommand::run);
    }

    private static int run(Invocation call) {
        LoadedConfig loaded = ConfigLoader.ofProcess().strict().load(call.config());
        call.err().print(loaded.report());
        if (loaded.isUsable()) {
            return 0;
        }
        int count = loaded.errors().size();
        call.err().println("configuration error: " + count + (count == 1 ? " problem" : " problems"));
        return FAILED;
    }
}
