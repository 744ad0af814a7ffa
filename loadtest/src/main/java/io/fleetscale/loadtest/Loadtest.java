package io.fleetscale.loadtest;

import io.fleetscale.loadtest.balancer.BalancerCommand;
import io.fleetscale.loadtest.bench.BenchCommand;
import io.fleetscale.loadtest.consistency.ConsistencyCommand;
import io.fleetscale.loadtest.corpus.PolicyCorpusCommand;
import io.fleetscale.loadtest.faults.FaultsCommand;
import io.fleetscale.loadtest.keys.KeysCommand;
import io.fleetscale.loadtest.process.PostgresCommand;
import io.fleetscale.loadtest.relay.HostileCommand;
import io.fleetscale.loadtest.relay.RelayCommand;
import io.fleetscale.loadtest.swarm.SwarmCommand;
import io.fleetscale.loadtest.terraform.TerraformCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The program {@code loadtest}. */
@Command(
        name = "loadtest",
        description = "Load, benchmarks and faults for Fleetscale.",
        subcommands = {
            BalancerCommand.class,
            BenchCommand.class,
            SwarmCommand.class,
            TerraformCommand.class,
            FaultsCommand.class,
            ConsistencyCommand.class,
            KeysCommand.class,
            PolicyCorpusCommand.class,
            PostgresCommand.class,
            RelayCommand.class,
            HostileCommand.class,
            HelpCommand.class
        },
        mixinStandardHelpOptions = true)
public final class Loadtest {
    private Loadtest() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Loadtest())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(Loadtest::failed)
                .execute(arguments));
    }

    /** What was asked for wrongly is said in a line; everything else is a fault of the program, whose place helps. */
    private static int failed(Exception failure, CommandLine command, CommandLine.ParseResult asked) throws Exception {
        if (failure instanceof IllegalArgumentException) {
            command.getErr().println("Error: " + failure.getMessage());
            return command.getCommandSpec().exitCodeOnInvalidInput();
        }
        throw failure;
    }
}
