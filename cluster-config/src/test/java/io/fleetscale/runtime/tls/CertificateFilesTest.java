package io.fleetscale.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateFilesTest {
    private static final Duration OFTEN = Duration.ofMillis(20);

    @TempDir
    Path directory;

    private Path certificate = Path.of("");
    private Path key = Path.of("");

    @BeforeEach
    void first() throws Exception {
        certificate = directory.resolve("tls.crt");
        key = directory.resolve("tls.key");
        install("first");
    }

    @Test
    void changedFilesAreTakenUp() throws Exception {
        try (CertificateFiles files = CertificateFiles.read(certificate, key, OFTEN)) {
            files.start();
            assertThat(name(files)).isEqualTo("CN=first");

            install("second");

            await().untilAsserted(() -> assertThat(name(files)).isEqualTo("CN=second"));
        }
    }

    @Test
    void aHalfReplacedPairChangesNothingUntilItIsWhole() throws Exception {
        try (CertificateFiles files = CertificateFiles.read(certificate, key, OFTEN)) {
            files.start();
            issue("second");
            copy("second.crt", certificate);
            await().during(Duration.ofMillis(100)).until(() -> name(files).equals("CN=first"));
            Files.delete(key);
            await().during(Duration.ofMillis(100)).until(() -> name(files).equals("CN=first"));

            copy("second.key", key);

            await().untilAsserted(() -> assertThat(name(files)).isEqualTo("CN=second"));
        }
    }

    @Test
    void aReloadSaysWhetherAnythingIsNew() throws Exception {
        try (CertificateFiles files = CertificateFiles.read(certificate, key)) {
            assertThat(files.reload()).isFalse();

            install("second");
            assertThat(files.reload()).isTrue();

            Files.delete(key);
            assertThatThrownBy(files::reload).isInstanceOf(IOException.class).hasMessageContaining("tls.key");
            assertThat(name(files)).isEqualTo("CN=second");
        }
    }

    @Test
    void aLinkThatIsPointedElsewhereIsAChange() throws Exception {
        issue("second");
        Path data = Files.createSymbolicLink(directory.resolve("data"), directory.resolve("a"));
        for (String version : List.of("a", "b")) {
            Path at = Files.createDirectory(directory.resolve(version));
            String source = version.equals("a") ? "first" : "second";
            Files.copy(directory.resolve(source + ".crt"), at.resolve("tls.crt"));
            Files.copy(directory.resolve(source + ".key"), at.resolve("tls.key"));
        }
        try (CertificateFiles files = CertificateFiles.read(data.resolve("tls.crt"), data.resolve("tls.key"), OFTEN)) {
            files.start();
            Path next = Files.createSymbolicLink(directory.resolve("next"), directory.resolve("b"));

            Files.move(next, data, StandardCopyOption.ATOMIC_MOVE);

            await().untilAsserted(() -> assertThat(name(files)).isEqualTo("CN=second"));
        }
    }

    @Test
    void refusesAKeyOfAnotherCertificateAtTheStart() throws Exception {
        issue("second");
        copy("second.key", key);

        assertThatThrownBy(() -> CertificateFiles.read(certificate, key)).isInstanceOf(GeneralSecurityException.class);
    }

    private static String name(CertificateFiles files) {
        return files.key().key().certificate().getSubjectX500Principal().getName();
    }

    private void issue(String name) throws Exception {
        CertificateAuthority.in(directory, InstantSource.system()).issueFiles(directory, name, List.of("127.0.0.1"));
    }

    private void install(String name) throws Exception {
        issue(name);
        copy(name + ".crt", certificate);
        copy(name + ".key", key);
    }

    private void copy(String name, Path to) throws Exception {
        Files.copy(directory.resolve(name), to, StandardCopyOption.REPLACE_EXISTING);
    }
}
