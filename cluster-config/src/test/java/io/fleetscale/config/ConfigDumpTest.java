package io.fleetscale.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class ConfigDumpTest {
    @TempDir
    Path directory;

    @Test
    void aDumpIsTheSameConfigurationWithoutItsSecrets() {
        ConfigFixture fixture = new ConfigFixture(directory).with("HEADSCALE_LOG_LEVEL", "debug");
        LoadedConfig first = fixture.load(ConfigFixture.MINIMAL + """
                api: {allowed_origins: [https://ui.test]}
                oidc: {issuer: "https://id.test", client_id: 'a "quoted" one', client_secret: hush-hush}
                """);
        String dump = fixture.loader().dump(directory.resolve("config.yaml"));

        assertThat(dump)
                .contains("level: \"debug\"", "allowed_origins: [\"https://ui.test\"]")
                .doesNotContain("hush-hush");
        ServerConfig second = fixture.load(dump).config();
        ServerConfig expected = first.config();
        assertThat(second.listen()).isEqualTo(expected.listen());
        assertThat(second.dns()).isEqualTo(expected.dns());
        assertThat(second.api()).isEqualTo(expected.api());
        assertThat(second.log()).isEqualTo(expected.log());
        assertThat(second.node()).isEqualTo(expected.node());
        assertThat(second.derp()).isEqualTo(expected.derp());
        assertThat(second.oidc().clientId()).isEqualTo("a \"quoted\" one");
        assertThat(second.oidc().clientSecret()).isEqualTo(Secret.EMPTY);
    }
}
