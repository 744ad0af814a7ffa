package io.fleetscale.control.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The help text of one command. */
final class CommandHelp {
    private CommandHelp() {}

    /** @param path from the program down to the command */
    static String of(List<CliCommand> path) {
        CliCommand command = path.getLast();
        StringBuilder text = new StringBuilder(command.help()).append("\n\nUsage:\n  ");
        text.append(ParsedCommand.nameOf(path)).append(" [flags]");
        if (!command.commands().isEmpty()) {
            text.append(" COMMAND");
        } else if (!command.argument().isEmpty()) {
            text.append(" [").append(command.argument()).append("...]");
        }
        text.append('\n');

        text.append("\nExample:\n  ").append(example(path)).append('\n');

        List<String[]> commands = new ArrayList<>();
        for (CliCommand child : command.commands()) {
            if (!child.isHidden()) {
                String names = String.join(
                        ", ",
                        Stream.concat(Stream.of(child.name()), child.aliases().stream())
                                .toList());
                commands.add(new String[] {names, child.help()});
            }
        }
        section(text, "Commands", commands);
        section(text, "Flags", rows(command.options()));
        section(text, "Flags of every command", rows(CommandParser.EVERYWHERE));
        return text.toString();
    }

    /** The command's own, that of its first command, or its name with what is required. */
    private static String example(List<CliCommand> path) {
        CliCommand command = path.getLast();
        for (CliCommand child : command.commands()) {
            if (!child.isHidden()) {
                return example(Stream.concat(path.stream(), Stream.of(child)).toList());
            }
        }
        StringBuilder words = new StringBuilder(ParsedCommand.nameOf(path));
        if (!command.example().isEmpty()) {
            return words.append(' ').append(command.example()).toString();
        }
        for (CliOption option : command.options()) {
            if (option.required()) {
                words.append(' ').append(option.longName()).append(' ').append(option.label());
            }
        }
        return words.toString();
    }

    private static List<String[]> rows(List<CliOption> options) {
        return options.stream()
                .sorted(Comparator.comparing(CliOption::longName))
                .map(CommandHelp::row)
                .toList();
    }

    private static String[] row(CliOption option) {
        String indent = option.names().getFirst().startsWith("--") ? "    " : "";
        String label = option.label().isEmpty() ? "" : " " + option.label();
        String help = option.help();
        if (option.required()) {
            help += " (required)";
        } else if (!option.initial().isEmpty()) {
            help += " (default " + option.initial() + ")";
        }
        return new String[] {indent + String.join(", ", option.names()) + label, help};
    }

    private static void section(StringBuilder text, String title, List<String[]> rows) {
        if (rows.isEmpty()) {
            return;
        }
        int width = rows.stream().mapToInt(row -> row[0].length()).max().orElse(0);
        text.append('\n').append(title).append(":\n");
        for (String[] row : rows) {
            text.append("  ").append(row[0]).repeat(" ", width - row[0].length() + 3);
            text.append(row[1]).append('\n');
        }
    }
}
