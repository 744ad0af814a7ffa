package io.fleetscale.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigKeysTest {
    @TempDir
    Path directory;

    @Test
    void everyKeyIsReadByARecordOrHasNoEffectForAStatedReason() {
        Settings settings = new Settings(Map.of(), directory, Map.of());
        ServerConfig config = ServerConfig.read(settings, "host");

        Set<String> unread = new TreeSet<>(ConfigKeys.names());
        unread.removeAll(settings.keysRead());

        assertThat(config).isNotNull();
        assertThat(unread).allMatch(name -> key(name).noEffect() != null);
    }

    /** Guards against a key that is read and then dropped: alone in a file, each one changes the configuration. */
    @Test
    void everyKeyWithAnEffectChangesTheConfiguration() throws RawDocument.Malformed {
        Map<String, RawValue> values = new LinkedHashMap<>();
        flatten("", RawDocument.readYaml(AllKeys.YAML), values);
        assertThat(values.keySet()).containsExactlyInAnyOrderElementsOf(ConfigKeys.names());

        ServerConfig defaults = read(Map.of());
        values.forEach((name, value) -> {
            Settings.Setting setting = new Settings.Setting(value, "line 1");
            // The method changes nothing while its switch is off.
            Map<String, Settings.Setting> alone = name.equals("oidc.pkce.method")
                    ? Map.of(name, setting, "oidc.pkce.enabled", scalar("true"))
                    : Map.of(name, setting);
            boolean hasEffect = key(name).noEffect() == null;
            assertThat(!read(alone).equals(defaults)).as(name).isEqualTo(hasEffect);
        });
    }

    @Test
    void everyVariableBelongsToOneKey() {
        assertThat(ConfigKeys.all().values().stream().map(ConfigKey::environmentName))
                .doesNotHaveDuplicates();
        assertThat(key("derp.server.region_id").environmentName()).isEqualTo("HEADSCALE_DERP_SERVER_REGION_ID");
        assertThat(key("api.v1.errors").environmentName()).isEqualTo("FLEETSCALE_API_V1_ERRORS");
    }

    @Test
    void retiredKeysAreNoKeysAndTheirSuccessorsAre() {
        RetiredKeys.all().values().forEach(retired -> {
            assertThat(ConfigKeys.names()).doesNotContain(retired.name());
            String successor = retired.successor();
            if (successor != null) {
                assertThat(ConfigKeys.names()).contains(successor);
            }
        });
    }

    private ServerConfig read(Map<String, Settings.Setting> values) {
        return ServerConfig.read(new Settings(values, directory, Map.of()), "host");
    }

    private static ConfigKey key(String name) {
        return Objects.requireNonNull(ConfigKeys.find(name), name);
    }

    private static Settings.Setting scalar(String text) {
        return new Settings.Setting(new RawValue.Scalar(text, 1), "line 1");
    }

    static void flatten(String prefix, RawValue.Mapping mapping, Map<String, RawValue> into) {
        mapping.entries().forEach((name, value) -> {
            String key = prefix + name;
            if (value instanceof RawValue.Mapping section && ConfigKeys.find(key) == null) {
                flatten(key + ".", section, into);
            } else {
                into.put(key, value);
            }
        });
    }
}
