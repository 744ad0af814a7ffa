package io.fleetscale.control.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One command, or a group of commands. Made without reflection, because the command line must start quickly. Built while
 * the program starts, then only read.
 */
public final class CliCommand {
    private final String name;
    private final String help;
    private final List<String> aliases = new ArrayList<>();
    private final List<CliOption> options = new ArrayList<>();
    private final List<CliCommand> commands = new ArrayList<>();
    private String argument = "";
    private String example = "";
    private boolean hidden;
    private @Nullable CliAction action;

    private CliCommand(String name, String help) {
        this.name = name;
        this.help = help;
    }

    public static CliCommand of(String name, String help) {
        return new CliCommand(name, help);
    }

    public CliCommand alias(String... names) {
        aliases.addAll(List.of(names));
        return this;
    }

    public CliCommand option(CliOption... more) {
        options.addAll(List.of(more));
        return this;
    }

    /** Lets the command take arguments that are no options, shown in help under {@code label}. */
    public CliCommand argument(String label) {
        argument = label;
        return this;
    }

    /** Shows how it is used: the words after its own name. Without one, help makes it of what is required. */
    public CliCommand example(String words) {
        example = words;
        return this;
    }

    public CliCommand command(CliCommand... more) {
        commands.addAll(List.of(more));
        return this;
    }

    /** Leaves it out of help and completion. */
    public CliCommand hide() {
        hidden = true;
        return this;
    }

    public CliCommand run(CliAction what) {
        action = what;
        return this;
    }

    String name() {
        return name;
    }

    String help() {
        return help;
    }

    List<String> aliases() {
        return aliases;
    }

    List<CliOption> options() {
        return options;
    }

    List<CliCommand> commands() {
        return commands;
    }

    /** The command of that name or alias below this one. */
    Optional<CliCommand> child(String word) {
        return commands.stream()
                .filter(child -> child.name().equals(word) || child.aliases().contains(word))
                .findFirst();
    }

    String argument() {
        return argument;
    }

    String example() {
        return example;
    }

    boolean isHidden() {
        return hidden;
    }

    @Nullable
    CliAction action() {
        return action;
    }
}
