package io.fleetscale.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Reads the environment by the table of keys: a variable that is empty counts as not set, as headscale has it. */
final class EnvironmentSettings {
    /**
     * Names with one of our prefixes that are no keys: those of the launchers, headscale's debugging aids, and what
     * Kubernetes sets for a service called headscale or fleetscale.
     */
    private static final Pattern NOT_A_KEY =
            Pattern.compile("HEADSCALE_(CONFIG|DEBUG_.*|EXPERIMENTAL_.*|VERSION|LOG_CALLER)"
                    + "|FLEETSCALE_(HOME|JAVA_OPTS|JAVA_HOME|VERSION|CACHE|NO_CACHE|NO_BUILD)"
                    + "|(HEADSCALE|FLEETSCALE)(_.*)?_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_[0-9]+_(TCP|UDP).*)?)");

    /** How the origin of a value begins; the name of the variable follows. */
    static final String ORIGIN = "from ";

    private EnvironmentSettings() {}

    static void collect(
            Map<String, String> environment, Map<String, Settings.Setting> settings, List<ConfigProblem> problems) {
        Map<String, ConfigKey> byVariable = new LinkedHashMap<>();
        ConfigKeys.all().values().forEach(key -> byVariable.put(key.environmentName(), key));
        new TreeMap<>(environment).forEach((name, value) -> {
            if (value.isEmpty() || !name.startsWith("HEADSCALE_") && !name.startsWith("FLEETSCALE_")) {
                return;
            }
            ConfigKey key = byVariable.get(name);
            if (key == null) {
                if (!NOT_A_KEY.matcher(name).matches()) {
                    problems.add(unknown(name, byVariable));
                }
            } else if (!key.fitsEnvironment()) {
                problems.add(ConfigProblem.error(
                        name,
                        null,
                        key.name() + " is a " + key.type().word() + ", which a variable cannot hold",
                        "write it in the file"));
            } else {
                settings.put(key.name(), new Settings.Setting(new RawValue.Scalar(value, 0), ORIGIN + name));
            }
        });
    }

    private static ConfigProblem unknown(String name, Map<String, ConfigKey> byVariable) {
        Optional<String> nearest = NearestName.of(name, byVariable.keySet());
        return ConfigProblem.warning(
                name,
                null,
                "an environment variable that belongs to no key",
                nearest.map(known -> "did you mean " + known + "?").orElse("remove it"));
    }
}
