package io.fleetscale.control.boot;

import io.fleetscale.config.ConfigLoader;
import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.CliFailure;
import io.fleetscale.control.cli.Invocation;
import io.fleetscale.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;

/**
 * {@code fleetscale dumpConfig}: writes the configuration in force to a file, without secrets. Not shown in help, as with
 * headscale. Source: headscale-surface 4.2.
 */
final class DumpConfigCommand {
    private static final Path USUAL = Path.of("/etc/headscale/config.dump.yaml");

    private DumpConfigCommand() {}

    static CliCommand command() {
        return CliCommand.of("dumpConfig", "Write the configuration in force, without secrets, to " + USUAL)
                .argument("FILE")
                .example("/tmp/config.dump.yaml")
                .hide()
                .run(DumpConfigCommand::run);
    }

    private static int run(Invocation call) {
        Path file =
                call.arguments().isEmpty() ? USUAL : Path.of(call.arguments().getFirst());
        try {
            AtomicFiles.writeText(file, ConfigLoader.ofProcess().dump(call.config()), AtomicFiles.OWNER_ONLY);
        } catch (IllegalArgumentException e) {
            throw new CliFailure("dumpConfig: " + e.getMessage());
        } catch (IOException e) {
            throw new CliFailure("dumpConfig: " + file + " cannot be written: " + e.getMessage());
        }
        return 0;
    }
}
