package io.fleetscale.loadtest.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code loadtest policy-corpus}: captures of the real service against an engine. */
@Command(
        name = "policy-corpus",
        description = {
            "Compares what the policy engine says with what the real Tailscale service answered.",
            "Reads every .json file below DIR: a policy, the tailnet, the verdict, and what each node was told.",
            "Prints a line with the first difference for each file that differs; the last line is the sum."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:no file differs", "1:a file differs, cannot be read, or there is none", "2:wrong usage"},
        footer = {"", "Example:", "  loadtest policy-corpus ../shared/policy-corpus"})
public final class PolicyCorpusCommand implements Callable<Integer> {
    enum EngineName {
        server,
        direct
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "DIR", description = "Directory of captures, searched with its subdirectories.")
    private Path directory = Path.of(".");

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            defaultValue = "server",
            description = "server: what the server runs; direct: the pair-wise interpreter that tests compare it with"
                    + " (default: ${DEFAULT-VALUE}).")
    private EngineName engine = EngineName.server;

    @Override
    public Integer call() throws Exception {
        if (!Files.isDirectory(directory)) {
            throw new ParameterException(spec.commandLine(), directory + " is no directory");
        }
        Engine chosen = switch (engine) {
            case server -> new ServerEngine();
            case direct -> new DirectEngine();
        };
        return new CorpusRun(chosen, System.out).run(directory) ? 0 : 1;
    }
}
