package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The first README command, from the packaged archive. */
class DevIT {
    @TempDir
    Path directory;

    @Test
    void startsStopsAndComesBackWithTheSameState() throws Exception {
        try (DevProcess dev = new DevProcess(directory)) {
            dev.start();
            assertThat(dev.output())
                    .contains(dev.ready("url"))
                    .contains("tailscale up --login-server=" + dev.ready("url") + " --authkey="
                            + dev.ready("preauth_key"));
            assertThat(Files.getPosixFilePermissions(directory.resolve("ready.json")))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            String noiseKey = key(dev);
            JsonNode user =
                    dev.api("POST", "/api/v1/user", "{\"name\":\"alice\"}").json();
            assertThat(user.at("/user/name").asString()).isEqualTo("alice");

            DevProcess.Ended second = DevProcess.run(
                    "fleetscale", "dev", "--data", directory.resolve("data").toString());
            assertThat(second.exitCode()).isNotZero();
            assertThat(second.output()).contains(Long.toString(dev.pid()));

            assertThat(dev.terminate(Duration.ofSeconds(5))).isZero();
            dev.start();
            assertThat(key(dev)).isEqualTo(noiseKey);
            assertThat(dev.api("GET", "/api/v1/user?name=alice", null).json().at("/users/0/id"))
                    .isEqualTo(user.at("/user/id"));

            dev.api("POST", "/api/v1/user", "{\"name\":\"bob\"}");
            dev.kill();
            dev.start();
            assertThat(dev.api("GET", "/api/v1/user?name=bob", null)
                            .json()
                            .at("/users/0/name")
                            .asString())
                    .isEqualTo("bob");
            assertThat(dev.terminate(Duration.ofSeconds(5))).isZero();
        }
    }

    @Test
    void tellsWhatIsWrongWithItsOptions() {
        DevProcess.Ended ended = DevProcess.run("fleetscale", "dev", "--listen", "nonsense");
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.output()).contains("--listen").contains("nonsense");
    }

    private static String key(DevProcess dev) {
        return dev.api("GET", "/key?v=142", null).json().get("publicKey").asString();
    }
}
