package io.fleetscale.config;

import io.fleetscale.wire.ip.IpPrefix;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What file and environment say, read key by key. A value that cannot be read becomes a problem and the default is
 * returned, so that reading goes on and the next mistakes are found too. Confined to one thread.
 */
final class Settings {
    /** A value and where it was given: {@code line 12} or {@code HEADSCALE_LISTEN_ADDR}. */
    record Setting(RawValue value, String origin) {}

    private final Map<String, Setting> values;
    private final Path baseDirectory;
    private final Map<String, String> environment;
    private final List<ConfigProblem> problems = new ArrayList<>();
    private final Set<String> keysRead = new LinkedHashSet<>();

    Settings(Map<String, Setting> values, Path baseDirectory, Map<String, String> environment) {
        this.values = Map.copyOf(values);
        this.baseDirectory = baseDirectory;
        this.environment = environment;
    }

    List<ConfigProblem> problems() {
        return problems;
    }

    /** Every key that any record asked for. */
    Set<String> keysRead() {
        return keysRead;
    }

    boolean isSet(String key) {
        return find(key) != null;
    }

    /** Where the value of a key, or of one entry of its list ({@code trusted_proxies[2]}), was given. */
    @Nullable
    String originOf(String key) {
        Setting setting = values.get(withoutIndex(key));
        return setting == null ? null : setting.origin();
    }

    /** Whether the value of a key, or of a key below it, could not be read; more problems with it would be noise. */
    boolean wasUnreadable(String key) {
        return problems.stream()
                .anyMatch(problem -> problem.isError()
                        && (problem.key().equals(key) || problem.key().startsWith(key + ".")));
    }

    static String withoutIndex(String key) {
        int bracket = key.indexOf('[');
        return bracket < 0 ? key : key.substring(0, bracket);
    }

    void report(ConfigProblem problem) {
        problems.add(problem);
    }

    String text(String key, String fallback) {
        String text = scalar(key);
        return text == null ? fallback : text;
    }

    Secret secret(String key, Secret fallback) {
        String text = scalar(key);
        return text == null ? fallback : new Secret(text);
    }

    /** A path, made absolute against the directory of the file; null when the key is missing or empty. */
    @Nullable
    Path path(String key, @Nullable Path fallback) {
        String text = scalar(key);
        if (text == null) {
            return fallback;
        }
        return text.isEmpty() ? null : parse(key, text, this::resolve, fallback, "write a path");
    }

    /** As {@link #path}, after {@code $VAR} and <code>${VAR}</code> are replaced by the environment. */
    @Nullable
    Path expandedPath(String key, @Nullable Path fallback) {
        String text = scalar(key);
        if (text == null) {
            return fallback;
        }
        String expanded = VariableExpansion.expand(text, environment);
        return expanded.isEmpty() ? null : parse(key, expanded, this::resolve, fallback, "write a path");
    }

    @Nullable
    ListenAddress address(String key, @Nullable ListenAddress fallback) {
        String text = scalar(key);
        if (text == null) {
            return fallback;
        }
        return text.isEmpty()
                ? null
                : parse(key, text, ListenAddress::parse, fallback, "write host:port, such as 127.0.0.1:8080");
    }

    /** One or more addresses; an empty text is none. */
    List<ListenAddress> addresses(String key, List<ListenAddress> fallback) {
        if (!isSet(key)) {
            return fallback;
        }
        List<ListenAddress> addresses = new ArrayList<>();
        for (String text : texts(key, List.of())) {
            ListenAddress address =
                    parse(key, text, ListenAddress::parse, null, "write host:port, such as 127.0.0.1:8080");
            if (address != null) {
                addresses.add(address);
            }
        }
        return List.copyOf(addresses);
    }

    boolean flag(String key, boolean fallback) {
        return parseOr(key, Settings::parseFlag, fallback, "write true or false");
    }

    int integer(String key, int fallback) {
        return parseOr(key, Settings::parseInteger, fallback, "write a whole number");
    }

    Duration duration(String key, Duration fallback) {
        String text = scalar(key);
        if (text == null) {
            return fallback;
        }
        if (GoDuration.isBareNumber(text) && text.chars().anyMatch(c -> c >= '1' && c <= '9')) {
            problems.add(ConfigProblem.warning(
                    key, text, "without a unit it counts nanoseconds", "write a unit, such as " + text + "s"));
        }
        return parseOr(key, GoDuration::parse, fallback, "write a duration, such as 30s, 5m or 1h30m");
    }

    /** A duration in Prometheus' form; one that cannot be read is a warning, as headscale has it. */
    Duration prometheusDuration(String key, Duration fallback) {
        String text = scalar(key);
        if (text == null) {
            return fallback;
        }
        try {
            return PrometheusDuration.parse(text);
        } catch (IllegalArgumentException e) {
            problems.add(ConfigProblem.warning(
                    key, text, reason(e) + ", so the default is used", "write a duration, such as 90d or 12h, or 0"));
            return fallback;
        }
    }

    @Nullable
    IpPrefix prefix(String key, @Nullable IpPrefix fallback) {
        String text = scalar(key);
        if (text == null) {
            return fallback;
        }
        return text.isEmpty()
                ? null
                : parse(key, text, IpPrefix::parse, fallback, "write a prefix, such as 100.64.0.0/10");
    }

    /** One of {@code words}, compared without regard to case; a word that is none of them is reported as given. */
    <E> E choice(String key, Map<String, E> words, E fallback, E afterMistake, ConfigProblem.Severity severity) {
        String text = scalar(key);
        if (text == null) {
            return fallback;
        }
        for (Map.Entry<String, E> word : words.entrySet()) {
            if (word.getKey().equalsIgnoreCase(text)) {
                return word.getValue();
            }
        }
        problems.add(new ConfigProblem(
                key,
                text,
                "not one of the known words",
                "write one of " + String.join(", ", words.keySet()),
                severity));
        return afterMistake;
    }

    /** A list of texts; one text is split at white space, as for a value from the environment. */
    List<String> texts(String key, List<String> fallback) {
        Setting setting = find(key);
        if (setting == null) {
            return fallback;
        }
        List<String> texts = list(setting.value());
        if (texts == null) {
            problems.add(ConfigProblem.error(key, null, "not a list of texts", "write a list, one \"- entry\" a line"));
            return fallback;
        }
        return texts;
    }

    List<Path> paths(String key, List<Path> fallback) {
        if (!isSet(key)) {
            return fallback;
        }
        List<Path> paths = new ArrayList<>();
        for (String text : texts(key, List.of())) {
            Path path = parse(key, text, this::resolve, null, "write a path");
            if (path != null) {
                paths.add(path);
            }
        }
        return List.copyOf(paths);
    }

    /** A map from text to text; keys are in lower case. */
    Map<String, String> textMap(String key, Map<String, String> fallback) {
        RawValue.Mapping mapping = mapping(key);
        if (mapping == null) {
            return fallback;
        }
        Map<String, String> texts = new LinkedHashMap<>();
        mapping.entries().forEach((name, value) -> {
            if (value instanceof RawValue.Scalar scalar) {
                texts.put(name, scalar.text());
            } else {
                problems.add(ConfigProblem.error(key, null, "the value of " + name + " is not a text", "write a text"));
            }
        });
        return texts;
    }

    /** A map from text to a list of texts; keys are in lower case. */
    Map<String, List<String>> listMap(String key, Map<String, List<String>> fallback) {
        RawValue.Mapping mapping = mapping(key);
        if (mapping == null) {
            return fallback;
        }
        Map<String, List<String>> lists = new LinkedHashMap<>();
        mapping.entries().forEach((name, value) -> {
            List<String> texts = list(value);
            if (texts == null) {
                problems.add(ConfigProblem.error(key, null, "the value of " + name + " is not a list", "write a list"));
            } else {
                lists.put(name, texts);
            }
        });
        return lists;
    }

    /** A list of maps with exactly the given members, all of them texts. */
    List<Map<String, String>> records(String key, Set<String> members) {
        Setting setting = find(key);
        if (setting == null) {
            return List.of();
        }
        String remedy = "write a list of maps with " + String.join(", ", members);
        if (!(setting.value() instanceof RawValue.Sequence sequence)) {
            problems.add(ConfigProblem.error(key, null, "not a list of maps", remedy));
            return List.of();
        }
        List<Map<String, String>> records = new ArrayList<>();
        for (RawValue item : sequence.items()) {
            Map<String, String> texts = new LinkedHashMap<>();
            if (item instanceof RawValue.Mapping mapping
                    && members.containsAll(mapping.entries().keySet())) {
                mapping.entries().forEach((name, value) -> {
                    if (value instanceof RawValue.Scalar scalar) {
                        texts.put(name, scalar.text());
                    }
                });
            }
            if (texts.keySet().containsAll(members)) {
                records.add(texts);
            } else {
                problems.add(ConfigProblem.error(
                        key + "[" + sequence.items().indexOf(item) + "]", null, "not a map of these texts", remedy));
            }
        }
        return records;
    }

    /** Reads a key that no record asks for, only to find mistakes in its value. */
    void check(ConfigKey key) {
        switch (key.type()) {
            case TEXT, SECRET, URL, CHOICE, OCTAL -> text(key.name(), "");
            case PATH -> path(key.name(), null);
            case ADDRESS -> address(key.name(), null);
            case ADDRESSES -> addresses(key.name(), List.of());
            case FLAG -> flag(key.name(), false);
            case INTEGER -> integer(key.name(), 0);
            case DURATION -> duration(key.name(), Duration.ZERO);
            case PROMETHEUS_DURATION -> prometheusDuration(key.name(), Duration.ZERO);
            case PREFIX -> prefix(key.name(), null);
            case LIST -> texts(key.name(), List.of());
            case MAP -> listMap(key.name(), Map.of());
            case RECORDS -> records(key.name(), Set.of());
        }
    }

    private RawValue.@Nullable Mapping mapping(String key) {
        Setting setting = find(key);
        if (setting == null) {
            return null;
        }
        if (setting.value() instanceof RawValue.Mapping mapping) {
            return mapping;
        }
        problems.add(ConfigProblem.error(key, null, "not a map", "write one \"name: value\" a line below the key"));
        return null;
    }

    private static @Nullable List<String> list(RawValue value) {
        return switch (value) {
            case RawValue.Scalar(String text, int line) ->
                Arrays.stream(text.split("\\s+"))
                        .filter(word -> !word.isEmpty())
                        .toList();
            case RawValue.Sequence(List<RawValue> items, int line) -> {
                List<String> texts = new ArrayList<>();
                for (RawValue item : items) {
                    if (item instanceof RawValue.Scalar scalar) {
                        texts.add(scalar.text());
                    }
                }
                yield texts.size() == items.size() ? List.copyOf(texts) : null;
            }
            case RawValue.Mapping mapping -> null;
        };
    }

    private @Nullable String scalar(String key) {
        Setting setting = find(key);
        if (setting == null) {
            return null;
        }
        if (setting.value() instanceof RawValue.Scalar scalar) {
            return scalar.text();
        }
        ConfigKey row = ConfigKeys.find(key);
        String word = row == null ? "text" : row.type().word();
        problems.add(ConfigProblem.error(key, null, "neither a list nor a map fits here", "write one value: " + word));
        return null;
    }

    private @Nullable Setting find(String key) {
        if (ConfigKeys.find(key) == null) {
            throw new IllegalStateException(key + " is read but does not stand in the table of keys");
        }
        keysRead.add(key);
        return values.get(key);
    }

    private <T> T parseOr(String key, Function<String, T> parser, T fallback, String remedy) {
        String text = scalar(key);
        if (text == null) {
            return fallback;
        }
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            problems.add(ConfigProblem.error(key, text, reason(e), remedy));
            return fallback;
        }
    }

    private <T> @Nullable T parse(
            String key, String text, Function<String, T> parser, @Nullable T fallback, String remedy) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            problems.add(ConfigProblem.error(key, text, reason(e), remedy));
            return fallback;
        }
    }

    private Path resolve(String text) {
        return baseDirectory.resolve(text).normalize();
    }

    private static String reason(IllegalArgumentException e) {
        return String.valueOf(e.getMessage());
    }

    /** The forms of Go's strconv.ParseBool. */
    private static Boolean parseFlag(String text) {
        return switch (text) {
            case "1", "t", "T", "true", "TRUE", "True" -> true;
            case "0", "f", "F", "false", "FALSE", "False" -> false;
            default ->
                throw new IllegalArgumentException(
                        Set.of("yes", "no", "on", "off").contains(text.toLowerCase(Locale.ROOT))
                                ? "a word, not a truth value"
                                : "not a truth value");
        };
    }

    private static Integer parseInteger(String text) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a whole number", e);
        }
    }
}
