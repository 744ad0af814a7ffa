package io.fleetscale.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with the configuration. The value of a secret key is never kept: whatever is passed for it
 * becomes {@code (redacted)}.
 *
 * @param key the key as it is documented, {@code derp.server.region_id}; for problems with a whole file, its name
 * @param value what was found; null when nothing was found or the value must not be shown
 * @param problem what is wrong
 * @param remedy what to do
 */
public record ConfigProblem(String key, @Nullable String value, String problem, String remedy, Severity severity) {
    private static final int LONGEST_SHOWN_VALUE = 120;

    /** Whether a server may start in spite of the problem. */
    public enum Severity {
        /** The server does not start. */
        ERROR,
        /** The server starts, but perhaps not as the author of the file expects. */
        WARNING
    }

    public ConfigProblem {
        if (value != null && ConfigKeys.isSecret(key)) {
            value = Secret.REDACTED;
        } else if (value != null && value.length() > LONGEST_SHOWN_VALUE) {
            value = value.substring(0, LONGEST_SHOWN_VALUE) + "...";
        }
    }

    public static ConfigProblem error(String key, @Nullable String value, String problem, String remedy) {
        return new ConfigProblem(key, value, problem, remedy, Severity.ERROR);
    }

    public static ConfigProblem warning(String key, @Nullable String value, String problem, String remedy) {
        return new ConfigProblem(key, value, problem, remedy, Severity.WARNING);
    }

    public boolean isError() {
        return severity == Severity.ERROR;
    }

    /** The same problem with the place where the value was given, {@code line 12} for example. */
    ConfigProblem at(String origin) {
        return new ConfigProblem(key, value, problem + " (" + origin + ")", remedy, severity);
    }

    /** One line: severity, key, value, problem and remedy. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder();
        line.append(severity.name().toLowerCase(Locale.ROOT)).append(": ").append(key);
        if (value != null) {
            line.append(" = \"").append(oneLine(value)).append('"');
        }
        line.append(": ").append(oneLine(problem)).append("; ").append(oneLine(remedy));
        return line.toString();
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ");
    }
}
