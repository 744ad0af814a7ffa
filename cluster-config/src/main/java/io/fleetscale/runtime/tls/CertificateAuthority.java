package io.fleetscale.runtime.tls;

import io.fleetscale.runtime.AtomicFiles;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * An authority of our own, for where no other is at hand: between instances, and on a single machine. Keys are EC P-256.
 *
 * <p>It lives in a directory as {@code ca.crt} (0644) and {@code ca.key} (0600); whoever can read the key can be anybody.
 * Immutable and thread-safe.
 */
public final class CertificateAuthority {
    public static final String CERTIFICATE_FILE = "ca.crt";
    public static final String KEY_FILE = "ca.key";

    private static final String LOCK_FILE = "ca.lock";
    private static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);
    /** What TLS clients still accept of a server. */
    private static final Duration LEAF_LIFE = Duration.ofDays(397);
    /** Clocks of other machines may be a little behind. */
    private static final Duration BACKDATED = Duration.ofHours(1);

    private static final String SIGNATURE = "SHA256withECDSA";
    private static final int SERIAL_BITS = 127;

    private final CertifiedKey authority;
    private final InstantSource clock;
    private final SecureRandom random;

    private CertificateAuthority(CertifiedKey authority, InstantSource clock, SecureRandom random) {
        this.authority = authority;
        this.clock = clock;
        this.random = random;
    }

    /**
     * The authority of a directory; makes it, and the directory, when there is none yet. Processes that do so at once get the
     * same one.
     *
     * @throws GeneralSecurityException when what is there is not an authority
     */
    public static CertificateAuthority in(Path directory, InstantSource clock)
            throws IOException, GeneralSecurityException {
        Files.createDirectories(directory);
        Path certificate = directory.resolve(CERTIFICATE_FILE);
        Path key = directory.resolve(KEY_FILE);
        SecureRandom random = new SecureRandom();
        // file locks do not hold between threads of one process
        synchronized (CertificateAuthority.class) {
            try (FileChannel channel = FileChannel.open(
                            directory.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) {
                // the certificate is written last: without it a key alone is left from an attempt that did not finish
                if (!Files.exists(certificate)) {
                    CertifiedKey made = make(clock, random);
                    AtomicFiles.writeText(key, PemFiles.text(made.privateKey()), AtomicFiles.OWNER_ONLY);
                    AtomicFiles.writeText(certificate, PemFiles.text(made.certificate()), AtomicFiles.READABLE);
                }
            }
        }
        CertifiedKey authority = PemFiles.readCertifiedKey(certificate, key);
        if (authority.certificate().getBasicConstraints() < 0) {
            throw new GeneralSecurityException(certificate + ": is not the certificate of an authority");
        }
        return new CertificateAuthority(authority, clock, random);
    }

    public X509Certificate certificate() {
        return authority.certificate();
    }

    /**
     * Makes a key and a certificate for both sides of TLS, valid for 397 days.
     *
     * @param commonName what people read
     * @param hosts DNS names and IP addresses that it stands for; at least one
     */
    public CertifiedKey issue(String commonName, List<String> hosts) throws GeneralSecurityException {
        if (hosts.isEmpty()) {
            throw new IllegalArgumentException("certificate '" + commonName + "': needs a DNS name or an IP address");
        }
        KeyPair pair = newKeyPair(random);
        X500Name subject = name(commonName);
        X500Name issuer = X500Name.getInstance(
                authority.certificate().getSubjectX500Principal().getEncoded());
        try {
            X509v3CertificateBuilder builder = builder(issuer, subject, pair.getPublic(), LEAF_LIFE, clock, random);
            JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
            }));
            builder.addExtension(Extension.subjectAlternativeName, false, names(hosts));
            builder.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    extensions.createAuthorityKeyIdentifier(authority.certificate()));
            X509Certificate certificate = sign(builder, authority.privateKey());
            return new CertifiedKey(pair.getPrivate(), List.of(certificate, authority.certificate()));
        } catch (IOException e) {
            throw new GeneralSecurityException("certificate '" + commonName + "' could not be made", e);
        }
    }

    /** {@link #issue Issues} into {@code name.crt} (0644, with the authority's behind it) and {@code name.key} (0600). */
    public CertifiedKey issueFiles(Path directory, String name, List<String> hosts)
            throws IOException, GeneralSecurityException {
        CertifiedKey key = issue(name, hosts);
        Files.createDirectories(directory);
        AtomicFiles.writeText(
                directory.resolve(name + ".key"), PemFiles.text(key.privateKey()), AtomicFiles.OWNER_ONLY);
        AtomicFiles.writeText(
                directory.resolve(name + ".crt"), PemFiles.text(key.chain().toArray()), AtomicFiles.READABLE);
        return key;
    }

    static CertifiedKey make(InstantSource clock, SecureRandom random) throws GeneralSecurityException {
        KeyPair pair = newKeyPair(random);
        X500Name name = name("Fleetscale authority " + new BigInteger(32, random).toString(16));
        try {
            X509v3CertificateBuilder builder = builder(name, name, pair.getPublic(), AUTHORITY_LIFE, clock, random);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            builder.addExtension(
                    Extension.subjectKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
            return new CertifiedKey(pair.getPrivate(), List.of(sign(builder, pair.getPrivate())));
        } catch (IOException e) {
            throw new GeneralSecurityException("certificate of the authority could not be made", e);
        }
    }

    private static X509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, PublicKey key, Duration life, InstantSource clock, SecureRandom random) {
        Instant now = clock.instant();
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE),
                Date.from(now.minus(BACKDATED)),
                Date.from(now.plus(life)),
                subject,
                key);
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
            throws GeneralSecurityException {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(key)));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException("this JDK cannot sign with " + SIGNATURE, e);
        }
    }

    private static KeyPair newKeyPair(SecureRandom random) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), random);
        return generator.generateKeyPair();
    }

    private static X500Name name(String commonName) {
        return new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.CN, commonName)
                .build();
    }

    private static GeneralNames names(List<String> hosts) {
        List<GeneralName> names = new ArrayList<>();
        for (String host : hosts) {
            names.add(new GeneralName(isAddress(host) ? GeneralName.iPAddress : GeneralName.dNSName, host));
        }
        return new GeneralNames(names.toArray(GeneralName[]::new));
    }

    private static boolean isAddress(String host) {
        try {
            InetAddress.ofLiteral(host);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
