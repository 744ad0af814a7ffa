package io.fleetscale.control.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line. Commands that run a server are given by whoever composes the program: {@code new
 * FleetscaleCommand(List.of(serve, dev, configtest)).run(arguments)}.
 */
public final class FleetscaleCommand {
    private final CliCommand root;
    private final CliContext context;

    /** @param more commands beside those that talk to a server */
    public FleetscaleCommand(List<CliCommand> more) {
        this(more, CliContext.ofProcess());
    }

    FleetscaleCommand(List<CliCommand> more, CliContext context) {
        this.context = context;
        this.root = CliCommand.of(context.program(), "A Tailscale-compatible control server and its command line");
        more.forEach(root::command);
        root.command(
                UserCommands.group(),
                NodeCommands.group(),
                KeyCommands.preAuthKeys(),
                KeyCommands.apiKeys(),
                AuthCommands.auth(),
                AuthCommands.debug(),
                LocalCommands.health(),
                LocalCommands.generate(),
                LocalCommands.version());
        root.command(LocalCommands.completion(root), help(), WarmUp.command());
    }

    /** For a program without a server. */
    public static void main(String[] arguments) {
        System.exit(new FleetscaleCommand(List.of()).run(arguments));
    }

    /** Runs one command and gives its exit code: 0, 1 for any error, or what the command says. */
    public int run(String... arguments) {
        ParseResult parsed;
        try {
            parsed = spec(root, true).parseArgs(arguments);
        } catch (ParameterException wrong) {
            return fail(describe(wrong), 1, outputOf(arguments), wrong.getCommandLine());
        }
        List<ParseResult> levels = new ArrayList<>(List.of(parsed));
        while (levels.getLast().hasSubcommand()) {
            levels.add(levels.getLast().subcommand());
        }
        ParseResult last = levels.getLast();
        CommandLine line = last.commandSpec().commandLine();
        CliCommand command = (CliCommand) last.commandSpec().userObject();
        CliAction action = command.action();
        boolean help = levels.stream().anyMatch(ParseResult::isUsageHelpRequested);
        if (help || action == null) {
            return printHelpOrFail(last, line, help, outputOf(arguments));
        }
        OutputFormat format = OutputFormat.ofWord(Invocation.matched(levels, "--output", ""));
        if (format == null) {
            return fail("unknown output format, use human, json, json-line or yaml", 1, OutputFormat.HUMAN, null);
        }
        Invocation invocation = new Invocation(command, levels, context, format);
        try {
            return action.run(invocation);
        } catch (CliFailure failed) {
            return fail(failed.text(), failed.exitCode(), format, null);
        } finally {
            invocation.close();
            context.out().flush();
        }
    }

    private int printHelpOrFail(ParseResult last, CommandLine line, boolean help, OutputFormat format) {
        List<String> arguments = last.matchedPositionalValue(0, List.of());
        if (!help && !arguments.isEmpty()) {
            String text = "unknown command \"" + arguments.getFirst() + "\" for \""
                    + line.getCommandSpec().qualifiedName() + "\"";
            return fail(text, 1, format, line);
        }
        line.usage(context.out());
        context.out().flush();
        return 0;
    }

    private CliCommand help() {
        return CliCommand.of("help", "Show the help of a command")
                .argument("COMMAND")
                .run(call -> {
                    CommandLine line = spec(root, true);
                    for (String name : call.arguments()) {
                        CommandLine next = line.getSubcommands().get(name);
                        if (next == null) {
                            throw new CliFailure("unknown command \"" + name + "\" for \""
                                    + line.getCommandSpec().qualifiedName() + "\"");
                        }
                        line = next;
                    }
                    line.usage(call.out());
                    return 0;
                });
    }

    /** Prints an error in the chosen form; wrong usage also shows how it is right. */
    private int fail(String text, int exitCode, OutputFormat format, @Nullable CommandLine usage) {
        Map<String, String> error = Map.of("error", text);
        context.err()
                .print(
                        switch (format) {
                            case HUMAN -> "Error: " + text + "\n";
                            case JSON -> GoJson.write(error, true) + "\n";
                            case JSON_LINE -> GoJson.write(error, false) + "\n";
                            case YAML -> GoYaml.write(error) + "\n";
                        });
        if (usage != null && format == OutputFormat.HUMAN) {
            usage.usage(context.err());
        }
        context.err().flush();
        return exitCode;
    }

    /** What cobra says, in its words where programs look for them. */
    private static String describe(ParameterException wrong) {
        return switch (wrong) {
            case MissingParameterException missing
            when !missing.getMissing().isEmpty() ->
                missing.getMissing().stream()
                        .filter(OptionSpec.class::isInstance)
                        .map(option ->
                                "\"" + ((OptionSpec) option).longestName().replaceFirst("^-+", "") + "\"")
                        .collect(Collectors.joining(", ", "required flag(s) ", " not set"));
            case UnmatchedArgumentException unmatched -> {
                String first = unmatched.getUnmatched().getFirst();
                yield first.startsWith("-")
                        ? "unknown flag: " + first
                        : "unknown command \"" + first + "\" for \""
                                + wrong.getCommandLine().getCommandSpec().qualifiedName() + "\"";
            }
            default -> String.valueOf(wrong.getMessage());
        };
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

    private static CommandLine spec(CliCommand command, boolean isRoot) {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(command);
        spec.name(command.name()).aliases(command.aliases().toArray(String[]::new));
        spec.usageMessage().description(command.help()).hidden(command.isHidden());
        spec.usageMessage().synopsisSubcommandLabel(command.commands().isEmpty() ? "" : "COMMAND");
        List<CliOption> options = new ArrayList<>(command.options());
        options.forEach(option -> spec.addOption(option(option, ScopeType.LOCAL)));
        if (!command.argument().isEmpty() || command.action() == null) {
            spec.addPositional(PositionalParamSpec.builder()
                    .index("0..*")
                    .arity("0..*")
                    .type(List.class)
                    .auxiliaryTypes(String.class)
                    .paramLabel(command.argument())
                    .hidden(command.argument().isEmpty())
                    .build());
        }
        if (isRoot) {
            spec.addOption(option(
                    CliOption.text("-c,--config", "FILE", "configuration file (default: /etc/headscale/config.yaml)"),
                    ScopeType.INHERIT));
            spec.addOption(option(
                    CliOption.text("-o,--output", "FORMAT", "human, json, json-line or yaml"), ScopeType.INHERIT));
            spec.addOption(option(CliOption.flag("--force", "answer every question with yes"), ScopeType.INHERIT));
            spec.addOption(OptionSpec.builder("-h", "--help")
                    .usageHelp(true)
                    .scopeType(ScopeType.INHERIT)
                    .description("show this help")
                    .build());
        }
        for (CliCommand child : command.commands()) {
            spec.addSubcommand(child.name(), spec(child, false));
        }
        CommandLine line = new CommandLine(spec);
        return line.setUsageHelpAutoWidth(false).setExpandAtFiles(false).setOverwrittenOptionsAllowed(true);
    }

    private static OptionSpec option(CliOption option, ScopeType scope) {
        String help =
                option.initial().isEmpty() ? option.help() : option.help() + " (default " + option.initial() + ")";
        OptionSpec.Builder builder = OptionSpec.builder(option.names().toArray(String[]::new))
                .description(help)
                .required(option.required())
                .scopeType(scope);
        return switch (option.kind()) {
            case FLAG -> builder.type(boolean.class).arity("0").build();
            case TEXT ->
                builder.type(String.class).arity("1").paramLabel(option.label()).build();
            case LIST ->
                builder.type(List.class)
                        .auxiliaryTypes(String.class)
                        .arity("1")
                        .paramLabel(option.label())
                        .build();
        };
    }
}
