package io.fleetscale.config;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Replaces {@code $NAME} and <code>${NAME}</code> by the environment; a name that is not set becomes empty. */
final class VariableExpansion {
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{([^}]*)}|([A-Za-z_][A-Za-z0-9_]*))");

    private VariableExpansion() {}

    static String expand(String text, Map<String, String> environment) {
        return VARIABLE.matcher(text).replaceAll(match -> {
            @Nullable String braced = match.group(1);
            String name = braced != null ? braced : match.group(2);
            return Matcher.quoteReplacement(environment.getOrDefault(name, ""));
        });
    }
}
