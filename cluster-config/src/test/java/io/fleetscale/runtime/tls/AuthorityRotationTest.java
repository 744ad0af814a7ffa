package io.fleetscale.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.runtime.tls.AuthorityRotation.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthorityRotationTest {
    private static final InstantSource CLOCK = InstantSource.system();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    private CertifiedKey issue(String name) throws Exception {
        return CertificateAuthority.in(directory, CLOCK).issue(name, List.of(name));
    }

    /** Whether whoever has this {@code ca.crt} trusts the certificate. */
    private static boolean trusts(Path authorities, CertifiedKey key) throws IOException, GeneralSecurityException {
        X509TrustManager trust = (X509TrustManager) PemFiles.trustManagers(PemFiles.readCertificates(authorities))[0];
        try {
            trust.checkClientTrusted(key.chain().toArray(X509Certificate[]::new), "EC");
            return true;
        } catch (CertificateException e) {
            return false;
        }
    }

    private Path keep(String name) throws IOException {
        return Files.copy(
                directory.resolve(CertificateAuthority.CERTIFICATE_FILE),
                directory.resolve(name),
                StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void oldAndNewAreTrustedBetweenTheStepsAndOnlyTheNewOneAfterwards() throws Exception {
        CertifiedKey old = issue("control-1");
        Path before = keep("before.crt");
        assertThat(AuthorityRotation.phase(directory)).isEqualTo(Phase.NONE);

        AuthorityRotation.begin(directory, CLOCK);
        assertThat(AuthorityRotation.phase(directory)).isEqualTo(Phase.BEGUN);
        Path begun = keep("begun.crt");
        CertifiedKey stillOld = issue("control-2");
        assertThat(trusts(before, stillOld)).as("the old one issues").isTrue();
        assertThat(trusts(begun, old)).isTrue();

        AuthorityRotation.switchOver(directory);
        assertThat(AuthorityRotation.phase(directory)).isEqualTo(Phase.SWITCHED);
        Path switched = keep("switched.crt");
        CertifiedKey fresh = issue("control-1");
        assertThat(trusts(begun, fresh))
                .as("trusted by whoever took the first step")
                .isTrue();
        assertThat(trusts(switched, old)).isTrue();
        assertThat(trusts(switched, fresh)).isTrue();
        assertThat(trusts(before, fresh)).as("not by whoever did not").isFalse();
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(directory.resolve(CertificateAuthority.KEY_FILE))))
                .isEqualTo("rw-------");

        AuthorityRotation.finish(directory);
        assertThat(AuthorityRotation.phase(directory)).isEqualTo(Phase.NONE);
        Path finished = keep("finished.crt");
        assertThat(trusts(finished, fresh)).isTrue();
        assertThat(trusts(finished, old)).isFalse();
        assertThat(trusts(finished, stillOld)).isFalse();
        assertThat(trusts(finished, issue("control-3"))).isTrue();
    }

    @Test
    void stepsComeInTheirOrder() throws Exception {
        CertifiedKey unused = issue("control-1");
        assertThatThrownBy(() -> AuthorityRotation.switchOver(directory)).hasMessageContaining("no rotation was begun");
        assertThatThrownBy(() -> AuthorityRotation.finish(directory)).hasMessageContaining("does not issue yet");
        AuthorityRotation.begin(directory, CLOCK);
        assertThatThrownBy(() -> AuthorityRotation.begin(directory, CLOCK)).hasMessageContaining("under way");
        assertThatThrownBy(() -> AuthorityRotation.finish(directory)).hasMessageContaining("does not issue yet");
    }

    @Test
    void aStepThatWasInterruptedRunsAgain() throws Exception {
        CertifiedKey unused = issue("control-1");
        Path before = keep("before.crt");
        AuthorityRotation.begin(directory, CLOCK);
        // as if the last file of the first step had not been written
        Files.copy(
                before, directory.resolve(CertificateAuthority.CERTIFICATE_FILE), StandardCopyOption.REPLACE_EXISTING);
        AuthorityRotation.begin(directory, CLOCK);
        Path key = directory.resolve(CertificateAuthority.KEY_FILE);
        // as if only the first file of the second one had been
        Files.copy(directory.resolve("ca-next.key"), key, StandardCopyOption.REPLACE_EXISTING);
        AuthorityRotation.switchOver(directory);
        AuthorityRotation.finish(directory);
        assertThat(trusts(keep("finished.crt"), issue("control-2"))).isTrue();
    }
}
