package io.fleetscale.control.cli;

import java.util.List;

/**
 * One option of a command.
 *
 * @param names with their dashes, the long one last
 * @param label what help shows for the value; empty for flags
 * @param initial what it is when not given; for help only, empty when there is nothing to show
 */
public record CliOption(Kind kind, List<String> names, String label, String help, String initial, boolean required) {
    /** What an option takes. */
    public enum Kind {
        /** Nothing, or {@code =true}, {@code =false}. */
        FLAG,
        TEXT,
        /** Texts, repeated or separated by commas. */
        LIST
    }

    public CliOption {
        names = List.copyOf(names);
    }

    /** {@code names} is like {@code "-i,--identifier"}. */
    public static CliOption text(String names, String label, String help) {
        return new CliOption(Kind.TEXT, List.of(names.split(",")), label, help, "", false);
    }

    public static CliOption list(String names, String label, String help) {
        return new CliOption(Kind.LIST, List.of(names.split(",")), label, help, "", false);
    }

    public static CliOption flag(String names, String help) {
        return new CliOption(Kind.FLAG, List.of(names.split(",")), "", help, "", false);
    }

    public CliOption orElse(String value) {
        return new CliOption(kind, names, label, help, value, required);
    }

    public CliOption needed() {
        return new CliOption(kind, names, label, help, initial, true);
    }

    String longName() {
        return names.getLast();
    }
}
