package io.fleetscale.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PemFilesTest {
    @TempDir
    private Path directory;

    @Test
    void readsEveryFormOfPrivateKey() throws Exception {
        KeyPair rsa = keys("RSA");
        assertReads("PRIVATE KEY", rsa.getPrivate().getEncoded(), rsa.getPrivate());
        assertReads("RSA PRIVATE KEY", inner(rsa.getPrivate()).toASN1Primitive().getEncoded(), rsa.getPrivate());
        KeyPair ec = keys("EC");
        assertReads("PRIVATE KEY", ec.getPrivate().getEncoded(), ec.getPrivate());
        ECPrivateKey bare = ECPrivateKey.getInstance(inner(ec.getPrivate()));
        ECPrivateKey named = new ECPrivateKey(256, bare.getKey(), X9ObjectIdentifiers.prime256v1);
        assertReads("EC PRIVATE KEY", named.getEncoded(), ec.getPrivate());
        KeyPair edwards = keys("Ed25519");
        assertReads("PRIVATE KEY", edwards.getPrivate().getEncoded(), edwards.getPrivate());
    }

    @Test
    void saysWhatIsMissingWithoutQuotingTheFile() throws IOException {
        Path file = Files.writeString(directory.resolve("wrong.pem"), "secret words");
        assertThatThrownBy(() -> PemFiles.readPrivateKey(file))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("wrong.pem")
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> PemFiles.readCertificates(file))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("no PEM certificate");
        Files.writeString(file, "-----BEGIN PRIVATE KEY-----\nsecret!\n-----END PRIVATE KEY-----\n");
        assertThatThrownBy(() -> PemFiles.readPrivateKey(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("wrong.pem")
                .hasMessageNotContaining("secret");
    }

    private void assertReads(String type, byte[] content, PrivateKey expected) throws Exception {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            writer.writeObject(new PemObject(type, content));
        }
        Path file = Files.writeString(directory.resolve("key.pem"), "# a comment before\n" + text);
        PrivateKey read = PemFiles.readPrivateKey(file);
        if (read instanceof java.security.interfaces.ECPrivateKey curve) {
            // the JDK's equals also compares whether the public key stood beside the private one
            assertThat(curve.getS()).as(type).isEqualTo(((java.security.interfaces.ECPrivateKey) expected).getS());
        } else {
            assertThat(read).as(type).isEqualTo(expected);
        }
    }

    private static ASN1Encodable inner(PrivateKey key) throws IOException {
        return PrivateKeyInfo.getInstance(key.getEncoded()).parsePrivateKey();
    }

    private static KeyPair keys(String algorithm) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("EC")) {
            generator.initialize(new ECGenParameterSpec("secp256r1"));
        }
        return generator.generateKeyPair();
    }
}
