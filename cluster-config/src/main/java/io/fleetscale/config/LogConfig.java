package io.fleetscale.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What is logged and in which form. */
public record LogConfig(Level level, Format format) {
    /** The least severe event that is logged. The last three leave ever less: FATAL and PANIC only errors. */
    public enum Level {
        TRACE,
        DEBUG,
        INFO,
        WARN,
        ERROR,
        FATAL,
        PANIC,
        DISABLED
    }

    /** How an event is written. */
    public enum Format {
        /** For people, on standard error. */
        TEXT,
        /** One JSON object a line, on standard output. */
        JSON
    }

    private static final LogConfig DEFAULTS = new LogConfig(Level.INFO, Format.TEXT);

    public static LogConfig defaults() {
        return DEFAULTS;
    }

    static LogConfig read(Settings in) {
        Map<String, Level> levels = new LinkedHashMap<>();
        for (Level level : Level.values()) {
            levels.put(level.name().toLowerCase(Locale.ROOT), level);
        }
        Map<String, Format> formats = new LinkedHashMap<>();
        formats.put("text", Format.TEXT);
        formats.put("json", Format.JSON);
        boolean noFormat = in.text("log.format", "text").isEmpty();
        return new LogConfig(
                in.choice("log.level", levels, DEFAULTS.level, Level.DEBUG, ConfigProblem.Severity.WARNING),
                noFormat
                        ? Format.TEXT
                        : in.choice(
                                "log.format", formats, DEFAULTS.format, Format.TEXT, ConfigProblem.Severity.WARNING));
    }

    /** Nothing can be wrong with a level and a format: mistakes in their words are found while reading. */
    public List<ConfigProblem> validate() {
        return List.of();
    }
}
