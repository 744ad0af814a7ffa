package io.fleetscale.control.boot;

import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.ClusterCommands;
import io.fleetscale.control.cli.FleetscaleCommand;
import java.util.List;
import java.util.stream.Stream;

/** The program {@code fleetscale}: the command line with the commands that run a server. */
public final class Fleetscale {
    private Fleetscale() {}

    public static void main(String[] arguments) {
        int exitCode = new FleetscaleCommand(
                        List.of(
                                ServeCommand.command(),
                                DevCommand.command(),
                                ConfigTestCommand.command(),
                                DumpConfigCommand.command(),
                                MockOidcCommand.command(),
                                BackupCommands.backup(),
                                BackupCommands.restore(),
                                ClusterCommands.group(Stream.of(ClusterFiles.commands(), RotationCommands.commands())
                                        .flatMap(Stream::of)
                                        .toArray(CliCommand[]::new))),
                        PolicyInDatabase::open)
                .run(arguments);
        System.exit(exitCode);
    }
}
