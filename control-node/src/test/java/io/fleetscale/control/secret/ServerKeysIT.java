package io.fleetscale.control.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerKeysIT {
    private final Database database = TestDatabase.open();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    @AfterEach
    void close() {
        database.close();
    }

    private KeyStorage files(String name) {
        return KeyStorage.inDirectory(directory.resolve(name));
    }

    private KeyStorage sealed(String name, String keyEncryptionKey) throws IOException {
        Path file = directory.resolve(keyEncryptionKey);
        if (!Files.exists(file)) {
            Files.writeString(file, keyEncryptionKey.repeat(64).substring(0, 64) + "\n");
        }
        KeyStorage inFiles = files(name);
        return new KeyStorage(inFiles.noiseKeyFile(), inFiles.macKeyFile(), Optional.of(file));
    }

    @Test
    void keysInFilesSurviveARestart() throws IOException {
        ServerKeys first = ServerKeys.load(database, files("a"));
        ServerKeys second = ServerKeys.load(database, files("a"));
        assertThat(second.noiseKey().publicKey()).isEqualTo(first.noiseKey().publicKey());
        assertThat(second.secretMac().mac("secret")).isEqualTo(first.secretMac().mac("secret"));
        assertThat(second.secretMac().matches("secret", first.secretMac().mac("secret")))
                .isTrue();
        assertThat(second.secretMac().matches("other", first.secretMac().mac("secret")))
                .isFalse();
        Path file = files("a").noiseKeyFile();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.readString(file)).startsWith("privkey:").hasSize(8 + 64 + 1);
    }

    @Test
    void anotherKeyOrAMissingOneIsRefused() throws IOException {
        ServerKeys.load(database, files("a"));
        assertThatThrownBy(() -> ServerKeys.load(database, files("b")))
                .isInstanceOf(KeyException.class)
                .hasMessageContaining("missing")
                .hasMessageContaining("copy the file");
        Files.createDirectories(directory.resolve("b"));
        Files.writeString(files("b").noiseKeyFile(), "privkey:" + "11".repeat(32));
        assertThatThrownBy(() -> ServerKeys.load(database, files("b")))
                .isInstanceOf(KeyException.class)
                .hasMessageContaining("not the one of this tailnet")
                .hasMessageNotContaining("11111111");
    }

    @Test
    void sealedKeysAreSharedThroughTheDatabaseAndNotInFiles() throws IOException, SQLException {
        ServerKeys first = ServerKeys.load(database, sealed("a", "aa"));
        assertThat(files("a").noiseKeyFile()).doesNotExist();
        ServerKeys second = ServerKeys.load(database, sealed("b", "aa"));
        assertThat(second.noiseKey().publicKey()).isEqualTo(first.noiseKey().publicKey());
        String raw = first.noiseKey().toSecretText().substring("privkey:".length());
        assertThat(query("SELECT string_agg(encode(sealed_value, 'hex'), '') FROM server_keys"))
                .isNotEmpty()
                .doesNotContain(raw);
        assertThatThrownBy(() -> ServerKeys.load(database, sealed("b", "bb")))
                .isInstanceOf(KeyException.class)
                .hasMessageContaining("does not open server key noise");
        assertThatThrownBy(() -> ServerKeys.load(database, files("c")))
                .isInstanceOf(KeyException.class)
                .hasMessageContaining("key-encryption key");
    }

    @Test
    void theKeyEncryptionKeyIsChangedWhileBothAreGood() throws IOException, SQLException {
        KeyStorage place = sealed("a", "aa");
        Path file = place.keyEncryptionKeyFile().orElseThrow();
        ServerKeys before = ServerKeys.load(database, place);
        Path old = Files.copy(file, directory.resolve("old"));
        KeyStorage withOld = new KeyStorage(place.noiseKeyFile(), place.macKeyFile(), Optional.of(old));

        KeyEncryptionRotation.begin(file);
        assertThatThrownBy(() -> KeyEncryptionRotation.begin(file)).hasMessageContaining("under way");
        Path both = Files.copy(file, directory.resolve("both"));
        KeyStorage withBoth = new KeyStorage(place.noiseKeyFile(), place.macKeyFile(), Optional.of(both));
        assertThat(ServerKeys.load(database, withOld).noiseKey().publicKey())
                .as("an instance that has not got the new file")
                .isEqualTo(before.noiseKey().publicKey());
        assertThat(ServerKeys.load(database, withBoth).noiseKey().publicKey())
                .isEqualTo(before.noiseKey().publicKey());

        try (Connection connection = database.dedicated("test")) {
            assertThat(KeyEncryptionRotation.finish(file, connection)).isEqualTo(2);
            assertThatThrownBy(() -> KeyEncryptionRotation.finish(file, connection))
                    .hasMessageContaining("begin a rotation first");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(ServerKeys.load(database, withBoth).noiseKey().publicKey())
                .as("an instance that still has both")
                .isEqualTo(before.noiseKey().publicKey());
        ServerKeys after = ServerKeys.load(database, place);
        assertThat(after.noiseKey().publicKey()).isEqualTo(before.noiseKey().publicKey());
        assertThat(after.secretMac().mac("secret")).isEqualTo(before.secretMac().mac("secret"));
        assertThatThrownBy(() -> ServerKeys.load(database, withOld))
                .isInstanceOf(KeyException.class)
                .hasMessageContaining("does not open server key noise");
    }

    @Test
    void aMissingOrUnusableKeyEncryptionKeyIsNamedInOneLine() throws IOException {
        KeyStorage inFiles = files("a");
        Path missing = directory.resolve("nowhere");
        assertThatThrownBy(() -> ServerKeys.load(
                        database, new KeyStorage(inFiles.noiseKeyFile(), inFiles.macKeyFile(), Optional.of(missing))))
                .isInstanceOf(KeyException.class)
                .hasMessage("key-encryption key file " + missing + " cannot be read: check the path and its mode");
        Path unusable = Files.writeString(directory.resolve("unusable"), "not hex at all, and secret");
        assertThatThrownBy(() -> ServerKeys.load(
                        database, new KeyStorage(inFiles.noiseKeyFile(), inFiles.macKeyFile(), Optional.of(unusable))))
                .isInstanceOf(KeyException.class)
                .hasMessageStartingWith("key-encryption key file " + unusable + " holds no key: write 64 hex digits")
                .hasMessageNotContainingAny("not hex", "\n");
        assertThat(inFiles.noiseKeyFile()).doesNotExist();
    }

    @Test
    void keysInFilesAreTakenOverWhenAKeyEncryptionKeyIsConfigured() throws IOException {
        ServerKeys before = ServerKeys.load(database, files("a"));
        ServerKeys.load(database, sealed("a", "aa"));
        ServerKeys elsewhere = ServerKeys.load(database, sealed("b", "aa"));
        assertThat(elsewhere.noiseKey().publicKey()).isEqualTo(before.noiseKey().publicKey());
        assertThat(elsewhere.toString() + elsewhere.secretMac() + elsewhere.noiseKey())
                .doesNotContain(before.noiseKey().toSecretText().substring("privkey:".length()));
    }

    private String query(String sql) throws SQLException {
        try (Connection connection = TestDatabase.connect(database.config());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
