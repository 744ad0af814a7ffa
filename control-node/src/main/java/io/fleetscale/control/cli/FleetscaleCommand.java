package io.fleetscale.control.cli;

import io.fleetscale.control.cli.CommandParser.WrongUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The command line. Commands that run a server are given by whoever composes the program: {@code new
 * FleetscaleCommand(List.of(serve, dev, configtest)).run(arguments)}.
 */
public final class FleetscaleCommand {
    private final CliCommand root;
    private final CliContext context;

    /**
     * @param more commands beside those that talk to a server
     * @param policies for the commands about the policy that can do without one
     */
    public FleetscaleCommand(List<CliCommand> more, PolicyDatabase policies) {
        this(more, policies, CliContext.ofProcess());
    }

    FleetscaleCommand(List<CliCommand> more, PolicyDatabase policies, CliContext context) {
        this.context = context;
        this.root = CliCommand.of(context.program(), "A Tailscale-compatible control server and its command line");
        more.forEach(root::command);
        root.command(
                UserCommands.group(),
                NodeCommands.group(),
                RouteCommands.group(),
                KeyCommands.preAuthKeys(),
                KeyCommands.apiKeys(),
                TokenCommands.group(),
                OAuthClientCommands.group(),
                AppCommands.group(),
                PolicyCommands.group(policies),
                RelayCommands.group(),
                AuthCommands.auth(),
                AuthCommands.debug(),
                LocalCommands.health(),
                DoctorCommand.command(),
                LocalCommands.generate(),
                LocalCommands.version());
        root.command(LocalCommands.completion(root), help(), WarmUp.command(policies));
    }

    /** Runs one command and gives its exit code: 0, 1 for any error, or what the command says. */
    public int run(String... arguments) {
        ParsedCommand parsed;
        try {
            parsed = CommandParser.parse(root, List.of(arguments));
        } catch (WrongUsage wrong) {
            return failUsage(wrong, outputOf(arguments));
        }
        CliAction action = parsed.command().action();
        if (parsed.flag(CommandParser.HELP) || action == null) {
            context.out().print(CommandHelp.of(parsed.path()));
            context.out().flush();
            return 0;
        }
        String word = parsed.last(CommandParser.OUTPUT);
        OutputFormat format = OutputFormat.ofWord(word == null ? "" : word);
        if (format == null) {
            return fail(
                    "unknown output format \"" + word + "\", use human, json, json-line or yaml",
                    1,
                    OutputFormat.HUMAN);
        }
        Invocation invocation = new Invocation(parsed, context, format);
        try {
            return action.run(invocation);
        } catch (CliFailure failed) {
            return fail(failed.text(), failed.exitCode(), format);
        } finally {
            invocation.close();
            context.out().flush();
        }
    }

    private CliCommand help() {
        return CliCommand.of("help", "Show the help of a command")
                .argument("COMMAND")
                .run(call -> {
                    List<CliCommand> path = new ArrayList<>(List.of(root));
                    for (String word : call.arguments()) {
                        path.add(path.getLast()
                                .child(word)
                                .orElseThrow(() -> new CliFailure("unknown command \"" + word + "\" for \""
                                        + ParsedCommand.nameOf(path) + "\"")));
                    }
                    call.out().print(CommandHelp.of(path));
                    return 0;
                });
    }

    /** People are told where to look. */
    private int failUsage(WrongUsage wrong, OutputFormat format) {
        int exitCode = fail(wrong.text(), 1, format);
        if (format == OutputFormat.HUMAN) {
            context.err().print("Run \"" + wrong.command() + " --help\" to see what it takes.\n");
            context.err().flush();
        }
        return exitCode;
    }

    /** Prints an error in the chosen form. */
    private int fail(String text, int exitCode, OutputFormat format) {
        Map<String, String> error = Map.of("error", text);
        context.err()
                .print(
                        switch (format) {
                            case HUMAN -> "Error: " + text + "\n";
                            case JSON -> GoJson.write(error, true) + "\n";
                            case JSON_LINE -> GoJson.write(error, false) + "\n";
                            case YAML -> GoYaml.write(error) + "\n";
                        });
        context.err().flush();
        return exitCode;
    }

    /** The output format of arguments that could not be parsed. */
    private static OutputFormat outputOf(String[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            String word = argument.startsWith("--output=")
                    ? argument.substring("--output=".length())
                    : i > 0 && (arguments[i - 1].equals("-o") || arguments[i - 1].equals("--output")) ? argument : "";
            OutputFormat format = OutputFormat.ofWord(word);
            if (format != null && format != OutputFormat.HUMAN) {
                return format;
            }
        }
        return OutputFormat.HUMAN;
    }
}
