package io.fleetscale.relay.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fleetscale.wire.key.NodeKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RelayCertificateTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-06-01T00:00:00Z"));
    private static final NodeKey RELAY =
            NodeKey.fromText("nodekey:07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c");

    @TempDir
    Path directory;

    @Test
    void makesTheMetaCertificateOfTheVector() throws Exception {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) 7);
        X509Certificate certificate = MetaCertificate.create(
                RELAY,
                new Ed25519PrivateKeyParameters(seed),
                Instant.parse("2026-01-01T00:00:00Z"),
                Instant.parse("2027-01-01T00:00:00Z"));
        assertThat(HexFormat.of().formatHex(certificate.getEncoded()))
                .isEqualTo(
                        "3082016330820115a003020102020102300506032b657030523150304e06035504031347646572706b6579303761333763626331343230393363386237353564"
                                + "63316231306538366362343236333734616431366161383533656430626466633062326238366431633763301e170d3236303130313030303030305a170d3237"
                                + "303130313030303030305a30523150304e06035504031347646572706b6579303761333763626331343230393363386237353564633162313065383663623432"
                                + "36333734616431366161383533656430626466633062326238366431633763302a300506032b6570032100ea4a6c63e29c520abef5507b132ec5f9954776aebe"
                                + "be7b92421eea691446d22ca310300e300c0603551d130101ff04023000300506032b657003410041c563504def1f8248c1b932b84b6d8fe8cd53a4d44a6a747e"
                                + "c06c9eb7ceb1eace0ef2f92e6f1f56da65b2f9e0d0d56fb5352829812216dd65805abe04f42804");
    }

    @Test
    void keepsItsCertificateOverARestart() throws IOException {
        List<String> names = List.of("relay.example.com", "192.0.2.1", "2001:db8::1");
        RelayCertificate first = RelayCertificate.loadOrCreate(directory, names, CLOCK);
        RelayCertificate second = RelayCertificate.loadOrCreate(directory, names, CLOCK);
        assertThat(second.pin()).isEqualTo(first.pin());
        for (String file : List.of("relay-tls.key", "relay-tls.crt")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(file))))
                    .isEqualTo("rw-------");
        }
        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void pinsTheHashOfTheLeaf() throws Exception {
        RelayCertificate certificate = RelayCertificate.loadOrCreate(directory, List.of("localhost"), CLOCK);
        byte[] digest =
                MessageDigest.getInstance("SHA-256").digest(certificate.leaf().getEncoded());
        assertThat(certificate.pin()).isEqualTo("sha256-raw:" + HexFormat.of().formatHex(digest));
        assertThat(certificate).hasToString("RelayCertificate[" + certificate.pin() + "]");
    }

    @Test
    void replacesACertificateThatNoLongerServes() throws IOException {
        String first = RelayCertificate.loadOrCreate(directory, List.of("a.example"), CLOCK)
                .pin();
        String second = RelayCertificate.loadOrCreate(directory, List.of("a.example", "b.example"), CLOCK)
                .pin();
        assertThat(second).isNotEqualTo(first);
        assertThat(RelayCertificate.loadOrCreate(directory, List.of("B.example"), CLOCK)
                        .pin())
                .isEqualTo(second);
        InstantSource late = InstantSource.fixed(CLOCK.instant().plus(Duration.ofDays(3640)));
        assertThat(RelayCertificate.loadOrCreate(directory, List.of("a.example", "b.example"), late)
                        .pin())
                .isNotEqualTo(second);
    }

    @Test
    void saysWhatToDoWithFilesThatItCannotRead() throws IOException {
        Files.writeString(directory.resolve("relay-tls.key"), "secret garbage");
        Files.writeString(directory.resolve("relay-tls.crt"), "garbage");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> RelayCertificate.loadOrCreate(directory, List.of("localhost"), CLOCK))
                .withMessageContaining("relay-tls.key")
                .withMessageNotContaining("secret garbage");
    }
}
