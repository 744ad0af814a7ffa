package io.fleetscale.config;

import io.fleetscale.config.ConfigProblem.Severity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Flattens the tree of a file into dotted keys and tells known from retired and unknown ones. */
record FileSettings(Map<String, Settings.Setting> values, List<ConfigProblem> problems, boolean strict) {
    void collect(RawValue.Mapping root) {
        Map<String, RawValue> retired = new LinkedHashMap<>();
        walk("", root, retired);
        retired.forEach((name, value) -> reportRetired(name, value));
    }

    private void walk(String prefix, RawValue.Mapping mapping, Map<String, RawValue> retired) {
        mapping.entries().forEach((name, value) -> {
            String key = prefix + name;
            if (ConfigKeys.find(key) != null || key.equals(RetiredKeys.OLD_EPHEMERAL_TIMEOUT)) {
                put(key, value);
            } else if (RetiredKeys.find(key) != null) {
                retired.put(key, value);
            } else if (isSection(key) && value instanceof RawValue.Mapping section) {
                walk(key + ".", section, retired);
            } else {
                problems.add(unknown(key, value.line()));
            }
        });
    }

    private void put(String key, RawValue value) {
        if (values.putIfAbsent(key, new Settings.Setting(value, "line " + value.line())) != null) {
            problems.add(ConfigProblem.error(key, null, "stands twice", "keep one of the two"));
        }
    }

    private void reportRetired(String name, RawValue value) {
        RetiredKeys.Retired retired = RetiredKeys.find(name);
        if (retired != null) {
            boolean successorSet = retired.successor() != null && values.containsKey(retired.successor());
            problems.add(retired.problem(successorSet).at("line " + value.line()));
        }
    }

    private static boolean isSection(String key) {
        String prefix = key + ".";
        return ConfigKeys.names().stream().anyMatch(name -> name.startsWith(prefix))
                || RetiredKeys.all().keySet().stream().anyMatch(name -> name.startsWith(prefix));
    }

    /** The value is not shown: it may be a secret under a misspelt name. */
    private ConfigProblem unknown(String key, int line) {
        if (isSection(key)) {
            return ConfigProblem.error(
                    key, null, "is a section, not a value (line " + line + ")", "write its keys below it, indented");
        }
        if (key.equals("families") || key.startsWith("families.")) {
            return ConfigProblem.error(
                    key, null, "choosing API families is not offered yet (line " + line + ")", "remove it");
        }
        String remedy = NearestName.of(key, ConfigKeys.names())
                .map(known -> "did you mean " + known + "?")
                .orElse("remove it");
        return new ConfigProblem(
                key, null, "unknown key (line " + line + ")", remedy, strict ? Severity.ERROR : Severity.WARNING);
    }
}
