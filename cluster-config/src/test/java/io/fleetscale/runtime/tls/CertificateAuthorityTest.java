package io.fleetscale.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
    private static final InstantSource CLOCK = InstantSource.system();

    @TempDir
    private Path directory;

    @Test
    void isMadeOnceAndThenRead() throws Exception {
        X509Certificate first = CertificateAuthority.in(directory, CLOCK).certificate();
        assertThat(CertificateAuthority.in(directory, CLOCK).certificate()).isEqualTo(first);
        assertThat(permissions("ca.key")).isEqualTo("rw-------");
        assertThat(permissions("ca.crt")).isEqualTo("rw-r--r--");
        first.verify(first.getPublicKey());
    }

    @Test
    void issuesForNamesAndAddresses() throws Exception {
        CertificateAuthority authority = CertificateAuthority.in(directory, CLOCK);
        authority.issueFiles(directory, "server", List.of("control.example.com", "127.0.0.1", "::1"));
        CertifiedKey key = PemFiles.readCertifiedKey(directory.resolve("server.crt"), directory.resolve("server.key"));
        X509Certificate certificate = key.certificate();
        certificate.verify(authority.certificate().getPublicKey());
        certificate.checkValidity();
        assertThat(certificate.getSubjectAlternativeNames())
                .extracting(name -> Objects.toString(name.get(1)))
                .containsExactly("control.example.com", "127.0.0.1", "0:0:0:0:0:0:0:1");
        assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
        assertThat(key.chain()).hasSize(2);
        assertThat(permissions("server.key")).isEqualTo("rw-------");
        assertThat(key.toString()).doesNotContain("privateKey");
    }

    @Test
    void refusesKeyAndCertificateOfDifferentPairs() throws Exception {
        CertificateAuthority authority = CertificateAuthority.in(directory, CLOCK);
        authority.issueFiles(directory, "a", List.of("a"));
        authority.issueFiles(directory, "b", List.of("b"));
        assertThatThrownBy(() -> PemFiles.readCertifiedKey(directory.resolve("a.crt"), directory.resolve("b.key")))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("a.crt")
                .hasMessageContaining("b.key");
    }

    private String permissions(String file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(file)));
    }
}
