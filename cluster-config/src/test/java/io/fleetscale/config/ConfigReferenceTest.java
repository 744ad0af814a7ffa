package io.fleetscale.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The sample file and the reference list the keys that the program reads: no more, no fewer. */
class ConfigReferenceTest {
    private static final Path ROOT = repositoryRoot();
    private static final Path SAMPLE = ROOT.resolve("deploy/config-example.yaml");
    private static final Path REFERENCE = ROOT.resolve("docs/configuration.md");

    /** A setting that is commented out: a "#" with a key right behind it. */
    private static final Pattern OFF = Pattern.compile("(?m)^( *)#([a-z][a-z0-9_]*:.*)$");

    @Test
    void theSampleListsEveryKey() throws IOException, RawDocument.Malformed {
        String everythingOn = OFF.matcher(Files.readString(SAMPLE)).replaceAll("$1$2");
        Map<String, RawValue> values = new LinkedHashMap<>();
        ConfigKeysTest.flatten("", RawDocument.readYaml(everythingOn), values);

        assertThat(values.keySet()).containsExactlyInAnyOrderElementsOf(ConfigKeys.names());
    }

    @Test
    void theSampleIsAccepted() {
        LoadedConfig loaded = new ConfigFixture(ROOT).strict().loader().load(SAMPLE);

        assertThat(ConfigFixture.lines(loaded)).isEmpty();
    }

    /** With {@code -Dfleetscale.write-reference=true} the reference is written instead of compared. */
    @Test
    void theReferenceDescribesEveryKey() throws IOException {
        String expected = render();
        if (Boolean.getBoolean("fleetscale.write-reference")) {
            Files.createDirectories(Objects.requireNonNull(REFERENCE.getParent()));
            Files.writeString(REFERENCE, expected);
        }

        assertThat(Files.readString(REFERENCE))
                .as("write it anew with -Dtest=ConfigReferenceTest -Dfleetscale.write-reference=true")
                .isEqualTo(expected);
    }

    private static String render() {
        String rows =
                ConfigKeys.all().values().stream().map(ConfigReferenceTest::row).collect(Collectors.joining());
        String retired = RetiredKeys.all().values().stream()
                .map(key -> "| `%s` | %s | %s |\n"
                        .formatted(
                                key.name(),
                                key.severity() == ConfigProblem.Severity.ERROR ? "error" : "warning",
                                key.remedy()))
                .collect(Collectors.joining());
        return """
                # Configuration

                Written by a test from the table of keys, so it is complete. `deploy/config-example.yaml` shows the same
                keys in their context.

                * The file is the one named by `--config`, else by `HEADSCALE_CONFIG`, else `config.yaml`, `config.yml` or
                  `config.json` in `/etc/headscale`, `~/.headscale` or the working directory, in this order. TOML is
                  refused.
                * A variable of the environment goes before the file, the file before the default. An empty variable counts
                  as not set. Lists are split at white space; maps cannot be given.
                * Keys do not care about case. Relative paths start at the directory of the file.
                * Durations are written as in Go (`30s`, `1h30m`); only `node.expiry` knows days, weeks and years (`90d`).
                * All mistakes are reported at once, one line each with key, value and remedy. A key that nobody knows is a
                  warning with the nearest known name, and an error in `configtest`.

                | key | value | default | meaning | variable |
                | --- | --- | --- | --- | --- |
                %s
                ## Keys of older releases

                | key | reaction | remedy |
                | --- | --- | --- |
                | `ephemeral_node_inactivity_timeout` | warning; counts while the new key is absent | write node.ephemeral.inactivity_timeout instead |
                %s""".formatted(rows, retired);
    }

    private static String row(ConfigKey key) {
        String value = key.defaultText().isEmpty() ? "" : "`" + key.defaultText() + "`";
        String effect = key.noEffect() == null ? "" : " No effect: " + key.noEffect() + ".";
        String variable = key.fitsEnvironment() ? "`" + key.environmentName() + "`" : "";
        return "| `%s` | %s | %s | %s%s | %s |\n"
                .formatted(key.name(), key.type().word(), value, key.meaning(), effect, variable);
    }

    private static Path repositoryRoot() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("mvnw"))) {
            directory = Objects.requireNonNull(directory.getParent(), "no directory above holds mvnw");
        }
        return directory;
    }
}
