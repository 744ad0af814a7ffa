package io.fleetscale.control.cli;

import org.jspecify.annotations.Nullable;

/** In which form a command prints. */
enum OutputFormat {
    /** Tables and sentences. */
    HUMAN,
    JSON,
    JSON_LINE,
    YAML;

    /** The format of a word after {@code --output}, or null when there is none such. */
    static @Nullable OutputFormat ofWord(String word) {
        return switch (word) {
            case "", "human" -> HUMAN;
            case "json" -> JSON;
            case "json-line" -> JSON_LINE;
            case "yaml" -> YAML;
            default -> null;
        };
    }
}
