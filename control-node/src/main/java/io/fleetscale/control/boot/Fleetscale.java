package io.fleetscale.control.boot;

import io.fleetscale.control.cli.ClusterCommands;
import io.fleetscale.control.cli.FleetscaleCommand;
import java.util.List;

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
                                ClusterCommands.group(ClusterFiles.commands())),
                        PolicyInDatabase::open)
                .run(arguments);
        System.exit(exitCode);
    }
}
