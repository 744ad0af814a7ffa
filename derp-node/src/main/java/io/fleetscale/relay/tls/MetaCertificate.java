package io.fleetscale.relay.tls;

import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.key.NodeKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.operator.ContentSigner;

/**
 * The certificate that stands last in the relay's TLS chain and says nothing but the relay's key: a node that finds it
 * sends its greeting together with its HTTP request, which saves a round trip. Its common name is longer than X.509
 * allows, and no certificate before it is issued by it. Source: tailscale derp/derpserver, initMetacert.
 */
final class MetaCertificate {
    private static final String NAME_PREFIX = "derpkey";
    private static final Duration VALID_EITHER_WAY = Duration.ofDays(30);

    private MetaCertificate() {}

    /** Makes one with a signing key of its own, valid for 30 days before and after {@code now}; nodes do not check. */
    static X509Certificate create(NodeKey relay, Instant now, SecureRandom random) throws GeneralSecurityException {
        return create(
                relay,
                new Ed25519PrivateKeyParameters(random),
                now.minus(VALID_EITHER_WAY),
                now.plus(VALID_EITHER_WAY));
    }

    static X509Certificate create(NodeKey relay, Ed25519PrivateKeyParameters signer, Instant from, Instant to)
            throws GeneralSecurityException {
        X500Name name = new X500NameBuilder()
                .addRDN(
                        BCStyle.CN,
                        new DERPrintableString(NAME_PREFIX + relay.raw().toHex()))
                .build();
        try {
            SubjectPublicKeyInfo publicKey =
                    SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(signer.generatePublicKey());
            byte[] der = new X509v3CertificateBuilder(
                            name,
                            BigInteger.valueOf(DerpLimits.PROTOCOL_VERSION),
                            Date.from(from),
                            Date.from(to),
                            name,
                            publicKey)
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                    .build(new Signer(signer))
                    .getEncoded();
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (IOException e) {
            throw new GeneralSecurityException("meta certificate cannot be encoded", e);
        }
    }

    /** Ed25519 over the collected certificate body. */
    private static final class Signer implements ContentSigner {
        private final Ed25519PrivateKeyParameters key;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();

        Signer(Ed25519PrivateKeyParameters key) {
            this.key = key;
        }

        @Override
        public AlgorithmIdentifier getAlgorithmIdentifier() {
            return new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519);
        }

        @Override
        public OutputStream getOutputStream() {
            return body;
        }

        @Override
        public byte[] getSignature() {
            Ed25519Signer signer = new Ed25519Signer();
            signer.init(true, key);
            signer.update(body.toByteArray(), 0, body.size());
            return signer.generateSignature();
        }
    }
}
