package io.fleetscale.control.cli;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the words of a command line mean.
 *
 * @param path from the program down to the command
 * @param options values by long name, in the order given; flags have the values {@code true} and {@code false}
 * @param arguments words that are neither commands nor options
 */
record ParsedCommand(List<CliCommand> path, Map<String, List<String>> options, List<String> arguments) {
    ParsedCommand {
        path = List.copyOf(path);
        options = Map.copyOf(options);
        arguments = List.copyOf(arguments);
    }

    CliCommand command() {
        return path.getLast();
    }

    /** The command with the program before it, as people type it. */
    String name() {
        return nameOf(path);
    }

    static String nameOf(List<CliCommand> path) {
        return path.stream().map(CliCommand::name).collect(Collectors.joining(" "));
    }

    boolean has(String longName) {
        return options.containsKey(longName);
    }

    /** The last value that was given; null when none was. */
    @Nullable
    String last(String longName) {
        List<String> values = options.get(longName);
        return values == null ? null : values.getLast();
    }

    boolean flag(String longName) {
        return "true".equals(last(longName));
    }

    List<String> all(String longName) {
        return options.getOrDefault(longName, List.of());
    }
}
