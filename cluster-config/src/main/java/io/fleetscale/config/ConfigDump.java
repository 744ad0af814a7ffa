package io.fleetscale.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Every key with the value that counts, as a YAML file that can be read again; secrets are left out. */
final class ConfigDump {
    private static final String INDENT = "  ";

    private ConfigDump() {}

    /** @param given what the file and the environment say, by dotted name */
    static String of(Map<String, Settings.Setting> given) {
        Map<String, Object> root = new TreeMap<>();
        for (ConfigKey key : ConfigKeys.all().values()) {
            Settings.Setting setting = given.get(key.name());
            String line = line(key, setting == null ? null : setting.value());
            if (line != null) {
                put(root, List.of(key.name().split("\\.")), line);
            }
        }
        StringBuilder yaml = new StringBuilder("# every key with the value that counts; secrets are left out\n");
        write(yaml, "", root);
        return yaml.toString();
    }

    private static @Nullable String line(ConfigKey key, @Nullable RawValue value) {
        if (key.isSecret()) {
            return null;
        }
        if (value != null) {
            return text(key, value);
        }
        if (key.defaultText().isEmpty()) {
            return null;
        }
        return switch (key.type()) {
            case LIST, MAP, RECORDS -> key.defaultText();
            default -> scalar(key, key.defaultText());
        };
    }

    private static String text(ConfigKey key, RawValue value) {
        return switch (value) {
            case RawValue.Scalar(String text, int line) -> scalar(key, text);
            case RawValue.Sequence(List<RawValue> items, int line) ->
                items.stream().map(item -> text(key, item)).collect(Collectors.joining(", ", "[", "]"));
            case RawValue.Mapping(Map<String, RawValue> entries, int line) ->
                entries.entrySet().stream()
                        .map(entry -> quoted(entry.getKey()) + ": " + text(key, entry.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
        };
    }

    private static String scalar(ConfigKey key, String text) {
        return switch (key.type()) {
            case FLAG, INTEGER -> text;
            default -> quoted(text);
        };
    }

    /** YAML's double-quoted form. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
            } else if (Character.isISOControl(c)) {
                quoted.append("\\u%04x".formatted(c));
            } else {
                quoted.appendCodePoint(c);
            }
        });
        return quoted.append('"').toString();
    }

    @SuppressWarnings("unchecked") // the tree holds texts and trees
    private static void put(Map<String, Object> tree, List<String> path, String line) {
        Map<String, Object> at = tree;
        for (String name : path.subList(0, path.size() - 1)) {
            at = (Map<String, Object>) at.computeIfAbsent(name, ignored -> new TreeMap<String, Object>());
        }
        at.put(path.getLast(), line);
    }

    @SuppressWarnings("unchecked") // the tree holds texts and trees
    private static void write(StringBuilder yaml, String indent, Map<String, Object> tree) {
        List<Map.Entry<String, Object>> entries = new ArrayList<>(tree.entrySet());
        for (Map.Entry<String, Object> entry : entries) {
            yaml.append(indent).append(entry.getKey()).append(':');
            if (entry.getValue() instanceof Map<?, ?> below) {
                yaml.append('\n');
                write(yaml, indent + INDENT, (Map<String, Object>) below);
            } else {
                yaml.append(' ').append(entry.getValue()).append('\n');
            }
        }
    }
}
