package io.fleetscale.control.cli;

import io.fleetscale.control.cli.CliOption.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads command lines by the rules, and refuses them in the words, of Go's pflag and cobra: {@code --name value},
 * {@code --name=value}, {@code -nvalue}, {@code -n=value}, several one-letter flags together, options before and after
 * arguments, {@code --} before arguments that look like options. Written by hand because it runs in every command: classes
 * that the JVM can put into its start-up cache, and no reflection.
 */
final class CommandParser {
    static final String HELP = "--help";
    static final String OUTPUT = "--output";

    /** Options that every command takes. */
    static final List<CliOption> EVERYWHERE = List.of(
            CliOption.text("-c,--config", "FILE", "configuration file (default: /etc/headscale/config.yaml)"),
            CliOption.text("-o," + OUTPUT, "FORMAT", "human, json, json-line or yaml"),
            CliOption.flag("--force", "answer every question with yes"),
            CliOption.flag("-h," + HELP, "show this help"));

    /** What Go's strconv.ParseBool takes. */
    private static final Set<String> YES = Set.of("1", "t", "T", "true", "TRUE", "True");

    private static final Set<String> NO = Set.of("0", "f", "F", "false", "FALSE", "False");

    private final List<CliCommand> path = new ArrayList<>();
    private final Map<String, List<String>> options = new HashMap<>();
    private final List<String> arguments = new ArrayList<>();

    private CommandParser(CliCommand root) {
        path.add(root);
    }

    /** Words that no command takes, with the command that they were given to. */
    static final class WrongUsage extends Exception {
        private static final long serialVersionUID = 1;

        private final String command;

        private WrongUsage(List<CliCommand> path, String text) {
            super(text);
            this.command = ParsedCommand.nameOf(path);
        }

        String text() {
            return String.valueOf(getMessage());
        }

        String command() {
            return command;
        }
    }

    static ParsedCommand parse(CliCommand root, List<String> words) throws WrongUsage {
        CommandParser parser = new CommandParser(root);
        parser.read(words.iterator());
        ParsedCommand parsed = new ParsedCommand(parser.path, parser.options, parser.arguments);
        if (!parsed.flag(HELP)) {
            parser.checkRequired(parsed);
        }
        return parsed;
    }

    private void read(Iterator<String> words) throws WrongUsage {
        boolean onlyArguments = false;
        while (words.hasNext()) {
            String word = words.next();
            if (onlyArguments || !word.startsWith("-") || word.equals("-")) {
                readWord(word);
            } else if (word.equals("--")) {
                onlyArguments = true;
            } else if (word.startsWith("--")) {
                readLong(word, words);
            } else {
                readShort(word, words);
            }
        }
    }

    private void readWord(String word) throws WrongUsage {
        CliCommand command = path.getLast();
        Optional<CliCommand> child = command.child(word);
        if (child.isPresent()) {
            path.add(child.get());
            return;
        }
        if (command.argument().isEmpty()) {
            throw wrong("unknown command \"" + word + "\" for \"" + ParsedCommand.nameOf(path) + "\"");
        }
        arguments.add(word);
    }

    private void readLong(String word, Iterator<String> words) throws WrongUsage {
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        CliOption option = option(name);
        if (option == null) {
            throw wrong("unknown flag: " + name);
        }
        if (equals >= 0) {
            add(option, word.substring(equals + 1));
        } else if (option.kind() == Kind.FLAG) {
            add(option, "true");
        } else {
            add(option, next(words, name));
        }
    }

    /** One letter after the other; the first one that takes a value takes the rest of the word, or the next word. */
    private void readShort(String word, Iterator<String> words) throws WrongUsage {
        for (int at = 1; at < word.length(); at++) {
            CliOption option = option("-" + word.charAt(at));
            String rest = word.substring(at + 1);
            String shown = "'" + word.charAt(at) + "' in -" + word.substring(at);
            if (option == null) {
                throw wrong("unknown shorthand flag: " + shown);
            }
            if (rest.startsWith("=")) {
                add(option, rest.substring(1));
                return;
            }
            if (option.kind() != Kind.FLAG) {
                add(option, rest.isEmpty() ? next(words, shown) : rest);
                return;
            }
            add(option, "true");
        }
    }

    private String next(Iterator<String> words, String shown) throws WrongUsage {
        if (!words.hasNext()) {
            throw wrong("flag needs an argument: " + shown);
        }
        return words.next();
    }

    private void add(CliOption option, String value) throws WrongUsage {
        boolean malformed = option.kind() == Kind.FLAG && !YES.contains(value) && !NO.contains(value);
        if (malformed) {
            throw wrong("invalid argument \"" + value + "\" for \"" + String.join(", ", option.names())
                    + "\" flag: strconv.ParseBool: parsing \"" + value + "\": invalid syntax");
        }
        String kept = option.kind() == Kind.FLAG ? String.valueOf(YES.contains(value)) : value;
        options.computeIfAbsent(option.longName(), unused -> new ArrayList<>()).add(kept);
    }

    private @Nullable CliOption option(String name) {
        for (CliOption option : path.getLast().options()) {
            if (option.names().contains(name)) {
                return option;
            }
        }
        for (CliOption option : EVERYWHERE) {
            if (option.names().contains(name)) {
                return option;
            }
        }
        return null;
    }

    private void checkRequired(ParsedCommand parsed) throws WrongUsage {
        String missing = parsed.command().options().stream()
                .filter(option -> option.required() && !parsed.has(option.longName()))
                .map(option -> "\"" + option.longName().substring("--".length()) + "\"")
                .collect(Collectors.joining(", "));
        if (!missing.isEmpty()) {
            throw wrong("required flag(s) " + missing + " not set");
        }
    }

    private WrongUsage wrong(String text) {
        return new WrongUsage(path, text);
    }
}
