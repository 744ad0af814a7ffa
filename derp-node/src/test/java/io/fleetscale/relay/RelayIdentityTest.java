package io.fleetscale.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fleetscale.wire.derp.BoxKeyPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RelayIdentityTest {
    @TempDir
    Path directory;

    @Test
    void keepsTheKeyInAFileThatOnlyItsOwnerReads() throws IOException {
        Path file = directory.resolve("new/derp.key");
        BoxKeyPair created = RelayIdentity.loadOrCreate(file);
        assertThat(RelayIdentity.loadOrCreate(file).publicKey()).isEqualTo(created.publicKey());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void readsTheFileOfTheUpstreamRelay() throws IOException {
        Path file = directory.resolve("derper.key");
        String key = "0002030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f60";
        Files.writeString(file, "{\n\t\"PrivateKey\": \"privkey:" + key + "\"\n}");
        assertThat(RelayIdentity.loadOrCreate(file).publicKey())
                .hasToString("nodekey:07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c");
    }

    @Test
    void refusesAFileWithoutKeyAndKeepsIt() throws IOException {
        Path file = directory.resolve("derp.key");
        Files.writeString(file, "{}");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> RelayIdentity.loadOrCreate(file))
                .withMessageContaining(file.toString());
        assertThat(file).hasContent("{}");
    }
}
