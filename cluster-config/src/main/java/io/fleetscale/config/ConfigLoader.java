package io.fleetscale.config;

import com.google.errorprone.annotations.CheckReturnValue;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration: environment over file over defaults. Never throws for what the file says; every mistake
 * becomes a {@link ConfigProblem} of the result. Immutable, so one loader can be used from several threads.
 */
@CheckReturnValue
public final class ConfigLoader {
    /** What the configuration is read for, and so which problems count. */
    public enum Purpose {
        /** A server: everything counts. */
        SERVER,
        /** A command that talks to a server: only what concerns the command line, its socket and the log counts. */
        COMMAND_LINE
    }

    /** Far above any real configuration; a bigger file was named by mistake. */
    static final long LARGEST_FILE_BYTES = 4 * 1024 * 1024;

    private static final Set<String> COMMAND_LINE_KEYS = Set.of(
            "unix_socket", "cli.address", "cli.api_key", "cli.timeout", "cli.insecure", "log.level", "log.format");

    private final Map<String, String> environment;
    private final Path workingDirectory;
    private final Path systemDirectory;
    private final String hostName;
    private final boolean strict;

    private ConfigLoader(
            Map<String, String> environment,
            Path workingDirectory,
            Path systemDirectory,
            String hostName,
            boolean strict) {
        this.environment = Map.copyOf(environment);
        this.workingDirectory = workingDirectory;
        this.systemDirectory = systemDirectory;
        this.hostName = hostName;
        this.strict = strict;
    }

    /** A loader for this process: its environment, its working directory, {@code /etc/headscale}. */
    public static ConfigLoader ofProcess() {
        return new ConfigLoader(
                System.getenv(),
                Path.of("").toAbsolutePath(),
                Path.of("/etc/headscale"),
                HostName.ofMachine(System.getenv()),
                false);
    }

    /** A loader that sees only what it is given. */
    static ConfigLoader of(Map<String, String> environment, Path workingDirectory, Path systemDirectory) {
        return new ConfigLoader(environment, workingDirectory, systemDirectory, "test-host", false);
    }

    /** The same loader for {@code configtest}: unknown keys are errors. */
    public ConfigLoader strict() {
        return new ConfigLoader(environment, workingDirectory, systemDirectory, hostName, true);
    }

    /**
     * Reads the configuration for a server.
     *
     * @param option the file named on the command line; null lets {@code HEADSCALE_CONFIG} or the usual directories
     *     ({@code /etc/headscale}, {@code ~/.headscale}, the working directory) decide
     */
    public LoadedConfig load(@Nullable Path option) {
        return load(option, Purpose.SERVER);
    }

    /** As {@link #load(Path)}, for the given purpose. */
    public LoadedConfig load(@Nullable Path option, Purpose purpose) {
        Path file = ConfigFiles.choose(option, environment, workingDirectory, systemDirectory)
                .path();
        List<ConfigProblem> problems = new ArrayList<>();
        Map<String, Settings.Setting> values = new LinkedHashMap<>();
        boolean unread = !collect(file, values, problems);
        Path directory = file == null ? workingDirectory : directoryOf(file);
        Settings settings = new Settings(values, directory, environment);
        ServerConfig config = withOldEphemeralTimeout(ServerConfig.read(settings, hostName), values, settings);
        for (ConfigKey key : ConfigKeys.all().values()) {
            checkNoEffect(key, settings);
        }
        if (!unread) { // else everything would be missing, which hides the one reason
            problems.addAll(settings.problems());
            config.validate().stream()
                    .filter(problem -> !settings.wasUnreadable(problem.key()))
                    .forEach(problems::add);
        }
        List<String> fromEnvironment = values.entrySet().stream()
                .filter(value -> value.getValue().origin().startsWith(EnvironmentSettings.ORIGIN))
                .map(value -> value.getKey() + " " + value.getValue().origin())
                .toList();
        return new LoadedConfig(config, arranged(problems, settings, purpose), fromEnvironment, file);
    }

    /**
     * Every key with the value that counts, as YAML that can be read again, without secrets.
     *
     * @param option as for {@link #load(Path)}
     * @throws IllegalArgumentException saying why the file cannot be read
     */
    public String dump(@Nullable Path option) {
        Map<String, Settings.Setting> values = new LinkedHashMap<>();
        List<ConfigProblem> problems = new ArrayList<>();
        Path file = ConfigFiles.choose(option, environment, workingDirectory, systemDirectory)
                .path();
        if (!collect(file, values, problems)) {
            throw new IllegalArgumentException(problems.getFirst().toString());
        }
        return ConfigDump.of(values);
    }

    /** What the file and the environment say; false when there is a file that cannot be read. */
    private boolean collect(@Nullable Path file, Map<String, Settings.Setting> values, List<ConfigProblem> problems) {
        boolean read = true;
        if (file == null) {
            problems.add(ConfigProblem.warning(
                    "config",
                    null,
                    "no config file found, using defaults",
                    "name one with --config or HEADSCALE_CONFIG"));
        } else {
            RawValue.Mapping root = readFile(file, problems);
            read = root != null;
            if (root != null) {
                new FileSettings(values, problems, strict).collect(root);
            }
        }
        EnvironmentSettings.collect(environment, values, problems);
        return read;
    }

    private RawValue.@Nullable Mapping readFile(Path file, List<ConfigProblem> problems) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        String shown = file.toString();
        if (name.endsWith(".toml")) {
            problems.add(ConfigProblem.error("config", shown, "TOML is not read", "write the file as YAML or JSON"));
            return null;
        }
        try {
            if (Files.size(file) > LARGEST_FILE_BYTES) {
                problems.add(ConfigProblem.error(
                        "config", shown, "larger than " + LARGEST_FILE_BYTES + " bytes", "name the right file"));
                return null;
            }
            String text = withoutByteOrderMark(Files.readString(file));
            return name.endsWith(".json") ? RawDocument.readJson(text) : RawDocument.readYaml(text);
        } catch (RawDocument.Malformed e) {
            problems.add(ConfigProblem.error("config", shown, String.valueOf(e.getMessage()), "correct the file"));
        } catch (NoSuchFileException e) {
            problems.add(ConfigProblem.error("config", shown, "there is no such file", "name a file that exists"));
        } catch (AccessDeniedException e) {
            problems.add(ConfigProblem.error("config", shown, "may not be read", "let this user read it"));
        } catch (CharacterCodingException e) {
            problems.add(ConfigProblem.error("config", shown, "is not UTF-8 text", "write it as UTF-8"));
        } catch (IOException e) {
            String what = Files.isDirectory(file)
                    ? "is a directory"
                    : "cannot be read: " + e.getClass().getSimpleName();
            problems.add(ConfigProblem.error("config", shown, what, "name a file"));
        }
        return null;
    }

    private static String withoutByteOrderMark(String text) {
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /** The old key counts only while the new one is absent. */
    private static ServerConfig withOldEphemeralTimeout(
            ServerConfig config, Map<String, Settings.Setting> values, Settings settings) {
        Settings.Setting old = values.get(RetiredKeys.OLD_EPHEMERAL_TIMEOUT);
        if (old == null) {
            return config;
        }
        String key = RetiredKeys.OLD_EPHEMERAL_TIMEOUT;
        String remedy = "write node.ephemeral.inactivity_timeout instead";
        if (settings.isSet("node.ephemeral.inactivity_timeout")) {
            settings.report(
                    ConfigProblem.warning(key, null, "was renamed and has no effect beside its new name", remedy));
            return config;
        }
        settings.report(ConfigProblem.warning(key, null, "was renamed", remedy));
        try {
            String text = old.value() instanceof RawValue.Scalar scalar ? scalar.text() : "";
            Duration timeout = GoDuration.parse(text);
            NodeConfig node = config.node();
            return config.toBuilder()
                    .node(new NodeConfig(node.expiry(), timeout, node.probeInterval(), node.probeTimeout()))
                    .build();
        } catch (IllegalArgumentException e) {
            settings.report(ConfigProblem.error(key, null, "not a duration", remedy));
            return config;
        }
    }

    private static void checkNoEffect(ConfigKey key, Settings settings) {
        String reason = key.noEffect();
        if (reason == null) {
            return;
        }
        if (!settings.keysRead().contains(key.name())) {
            settings.check(key);
        }
        if (settings.isSet(key.name()) && !settings.text(key.name(), "").equals(key.defaultText())) {
            settings.report(ConfigProblem.warning(key.name(), null, "has no effect: " + reason, "remove it"));
        }
    }

    /** Errors first, each with the place where its value was given, and only those that the purpose asks for. */
    private static List<ConfigProblem> arranged(List<ConfigProblem> problems, Settings settings, Purpose purpose) {
        UnaryOperator<ConfigProblem> withOrigin = problem -> {
            String origin = settings.originOf(problem.key());
            return origin == null ? problem : problem.at(origin);
        };
        List<String> order = List.copyOf(ConfigKeys.names());
        return problems.stream()
                .filter(problem -> purpose == Purpose.SERVER || concernsCommandLine(problem))
                .map(withOrigin)
                .distinct()
                .sorted(Comparator.comparing(ConfigProblem::severity)
                        .thenComparing(problem -> order.indexOf(Settings.withoutIndex(problem.key()))))
                .toList();
    }

    private static boolean concernsCommandLine(ConfigProblem problem) {
        return problem.key().equals("config") || COMMAND_LINE_KEYS.contains(problem.key());
    }

    private static Path directoryOf(Path file) {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }
}
