package io.fleetscale.relay.tls;

import io.fleetscale.wire.ip.IpAddress;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Makes and examines self-signed server certificates. */
final class SelfSigned {
    static final Duration RENEW_BEFORE_END = Duration.ofDays(30);
    /** Long, because a new certificate means a new pin, and a new pin makes all nodes reconnect. */
    private static final Duration VALIDITY = Duration.ofDays(3650);
    /** Clocks of nodes may be slow. */
    private static final Duration VALID_BEFORE = Duration.ofDays(1);

    private static final int SERIAL_BITS = 127;
    private static final X500Name SUBJECT = new X500Name("CN=Fleetscale relay");

    private SelfSigned() {}

    static X509Certificate create(KeyPair pair, List<String> hostNames, Instant now, SecureRandom random)
            throws GeneralSecurityException {
        if (hostNames.isEmpty()) {
            throw new IllegalArgumentException("a relay certificate needs at least one host name");
        }
        GeneralName[] names = hostNames.stream().map(SelfSigned::generalName).toArray(GeneralName[]::new);
        try {
            byte[] der = new JcaX509v3CertificateBuilder(
                            SUBJECT,
                            new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE),
                            Date.from(now.minus(VALID_BEFORE)),
                            Date.from(now.plus(VALIDITY)),
                            SUBJECT,
                            pair.getPublic())
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                    .addExtension(
                            Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
                    .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names))
                    .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))
                    .getEncoded();
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (IOException | OperatorCreationException e) {
            throw new GeneralSecurityException("relay certificate cannot be made", e);
        }
    }

    /** Whether the certificate names all hosts and is valid for a while yet. */
    static boolean covers(X509Certificate certificate, List<String> hostNames, Instant now)
            throws CertificateParsingException {
        if (now.plus(RENEW_BEFORE_END).isAfter(certificate.getNotAfter().toInstant())
                || now.isBefore(certificate.getNotBefore().toInstant())) {
            return false;
        }
        Set<String> named = new HashSet<>();
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        if (alternatives != null) {
            for (List<?> alternative : alternatives) {
                named.add(canonical(String.valueOf(alternative.get(1))));
            }
        }
        return hostNames.stream().map(SelfSigned::canonical).allMatch(named::contains);
    }

    private static GeneralName generalName(String host) {
        return isAddress(host)
                ? new GeneralName(GeneralName.iPAddress, host)
                : new GeneralName(GeneralName.dNSName, host);
    }

    /** Addresses have several spellings, and names are equal in any case. */
    private static String canonical(String host) {
        return isAddress(host) ? IpAddress.parse(host).toString() : host.toLowerCase(Locale.ROOT);
    }

    private static boolean isAddress(String host) {
        try {
            IpAddress.parse(host);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
