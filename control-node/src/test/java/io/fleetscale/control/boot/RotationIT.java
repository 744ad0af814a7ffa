package io.fleetscale.control.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.testing.TestDatabase;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys that are changed by command while a server runs. */
@Timeout(180)
class RotationIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    private final DatabaseConfig database = TestDatabase.fresh();

    private CommandRun run(String... arguments) {
        return CommandRun.of(List.of(RotationCommands.commands()), arguments);
    }

    private String config(Path encryptionKey) throws Exception {
        URI url = URI.create(database.url().substring("jdbc:".length()));
        return Files.writeString(directory.resolve("config.yaml"), """
                        server_url: http://127.0.0.1:8080
                        listen_addr: 127.0.0.1:8080
                        noise: {private_key_path: %s/noise_private.key}
                        keys: {encryption_key_path: %s}
                        prefixes: {v4: 100.64.0.0/10}
                        dns: {base_domain: tailnet.internal, override_local_dns: false}
                        relays: {token_path: %s/relay.token}
                        database:
                          type: postgres
                          postgres: {host: %s, port: %d, name: %s, user: %s, pass: %s}
                        """.formatted(
                                directory,
                                encryptionKey,
                                directory,
                                url.getHost(),
                                url.getPort(),
                                url.getPath().substring(1),
                                database.user(),
                                database.password()))
                .toString();
    }

    private static int status(TestServer server, String apiKey) throws Exception {
        return server.api("GET", "/api/v1/user", apiKey, null).statusCode();
    }

    private static String newApiKey(TestServer server) throws Exception {
        return server.running()
                .apiKeys()
                .create(Instant.now().plus(Duration.ofDays(1)))
                .get(30, TimeUnit.SECONDS)
                .text();
    }

    @Test
    void keysAreChangedWhileAServerRuns() throws Exception {
        Path secret = Files.writeString(directory.resolve("kek"), "5a".repeat(32) + "\n");
        String config = config(secret);
        String noise;
        String apiKey;
        try (TestServer server = TestServer.start(directory, database, secret)) {
            String old = newApiKey(server);
            assertThat(status(server, old)).isEqualTo(200);
            assertThat(run("rotate-mac-key", "--finish", "-c", config).err()).contains("begin a rotation first");
            CommandRun begun = run("rotate-mac-key", "-c", config);
            assertThat(begun.err()).isEmpty();
            assertThat(begun.out()).startsWith("Key 1 ");
            assertThat(run("rotate-mac-key", "--finish", "-c", config).err()).contains("wait until then");
            // the key is in use everywhere after 75 s: as if it were just so
            TestDatabase.execute(
                    database, "UPDATE credential_mac_keys SET made = clock_timestamp() - interval '75 seconds'");
            assertThat(status(server, old)).isEqualTo(200);
            CommandRun refused = run("rotate-mac-key", "--finish", "-c", config);
            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.err())
                    .contains("1 API keys (" + old.substring(0, 20))
                    .contains("--force");
            assertThat(status(server, old)).isEqualTo(200);
            CommandRun finished = run("rotate-mac-key", "--finish", "-c", config, "--force");
            assertThat(finished.err()).isEmpty();
            assertThat(finished.out()).startsWith("1 old key is good no more");
            await().atMost(PATIENCE).until(() -> status(server, old) == 401);
            String fresh = newApiKey(server);
            assertThat(status(server, fresh)).isEqualTo(200);

            CommandRun encryption = run("rotate-encryption-key", "-c", config);
            assertThat(encryption.out()).contains("a fresh key and the old one");
            CommandRun sealed = run("rotate-encryption-key", "--finish", "-c", config);
            assertThat(sealed.out()).startsWith("2 server keys are sealed");
            noise = server.noiseKey().toString();
            apiKey = fresh;
        }
        assertThat(Files.readString(secret)).hasSize(65).doesNotStartWith("5a5a");
        try (TestServer server = TestServer.start(directory, database, secret)) {
            assertThat(server.noiseKey()).hasToString(noise);
            assertThat(status(server, apiKey)).isEqualTo(200);
        }
    }
}
