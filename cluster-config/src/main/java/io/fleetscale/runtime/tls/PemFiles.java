package io.fleetscale.runtime.tls;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * Certificates and private keys as PEM text: chains of certificates, and keys as PKCS#8 ({@code PRIVATE KEY}), PKCS#1 ({@code
 * RSA PRIVATE KEY}) or SEC 1 ({@code EC PRIVATE KEY}). Errors name the file, never what is in it.
 */
public final class PemFiles {
    /** Far above every real chain; a file that is larger is something else. */
    public static final int MAX_FILE_BYTES = 1 << 20;

    private static final byte[] PROBE = "fleetscale key probe".getBytes(StandardCharsets.US_ASCII);

    private PemFiles() {}

    /**
     * Reads a key and its certificates and checks that they belong together.
     *
     * @throws IOException when a file cannot be read or is not PEM
     * @throws GeneralSecurityException when the key is not that of the first certificate
     */
    public static CertifiedKey readCertifiedKey(Path certificateChain, Path privateKey)
            throws IOException, GeneralSecurityException {
        CertifiedKey key = new CertifiedKey(readPrivateKey(privateKey), readCertificates(certificateChain));
        if (!belongTogether(key)) {
            throw new GeneralSecurityException(
                    "private key " + privateKey + " is not that of the first certificate in " + certificateChain);
        }
        return key;
    }

    /**
     * Reads a key and its certificates from one text.
     *
     * @param name for errors
     */
    public static CertifiedKey parseCertifiedKey(String name, String pem) throws IOException, GeneralSecurityException {
        List<Object> items = parse(name, pem);
        return new CertifiedKey(privateKey(name, items), certificates(name, items));
    }

    /** All certificates of a file, at least one, in its order; anything else in it is passed over. */
    public static List<X509Certificate> readCertificates(Path file) throws IOException, GeneralSecurityException {
        return certificates(file.toString(), parse(file));
    }

    private static List<X509Certificate> certificates(String file, List<Object> items) throws GeneralSecurityException {
        List<X509Certificate> certificates = new ArrayList<>();
        JcaX509CertificateConverter converter = new JcaX509CertificateConverter();
        for (Object item : items) {
            if (item instanceof X509CertificateHolder holder) {
                try {
                    certificates.add(converter.getCertificate(holder));
                } catch (CertificateException e) {
                    throw new CertificateException(
                            file + ": certificate " + (certificates.size() + 1) + " is not valid X.509", e);
                }
            }
        }
        if (certificates.isEmpty()) {
            throw new CertificateException(file + ": contains no PEM certificate");
        }
        return certificates;
    }

    /** The first private key of a file. */
    public static PrivateKey readPrivateKey(Path file) throws IOException, GeneralSecurityException {
        return privateKey(file.toString(), parse(file));
    }

    private static PrivateKey privateKey(String file, List<Object> items) throws GeneralSecurityException {
        JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
        // the JDK's name; Bouncy Castle's own would need its provider
        converter.setAlgorithmMapping(X9ObjectIdentifiers.id_ecPublicKey, "EC");
        for (Object item : items) {
            try {
                switch (item) {
                    case PEMKeyPair pair -> {
                        return converter.getPrivateKey(pair.getPrivateKeyInfo());
                    }
                    case PrivateKeyInfo info -> {
                        return converter.getPrivateKey(info);
                    }
                    case PEMEncryptedKeyPair encrypted -> throw encrypted(file);
                    case PKCS8EncryptedPrivateKeyInfo encrypted -> throw encrypted(file);
                    default -> {
                        // certificates and EC parameters may stand before the key
                    }
                }
            } catch (PEMException e) {
                throw new GeneralSecurityException(file + ": the private key is of a kind that is not supported");
            }
        }
        throw new GeneralSecurityException(
                file + ": contains no PEM private key (PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY)");
    }

    /** Trust in these authorities and nobody else. */
    public static TrustManager[] trustManagers(List<X509Certificate> authorities) throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("authority-" + i, authorities.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return factory.getTrustManagers();
        } catch (IOException e) {
            throw new GeneralSecurityException("trust store could not be made", e);
        }
    }

    /** Certificates or a private key (as PKCS#8) as PEM. */
    public static String text(Object... items) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            for (Object item : items) {
                writer.writeObject(
                        item instanceof PrivateKey key ? new PemObject("PRIVATE KEY", key.getEncoded()) : item);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static List<Object> parse(Path file) throws IOException {
        if (Files.size(file) > MAX_FILE_BYTES) {
            throw new IOException(file + ": is larger than " + MAX_FILE_BYTES + " bytes, not a PEM file");
        }
        return parse(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
    }

    private static List<Object> parse(String file, String pem) throws IOException {
        List<Object> items = new ArrayList<>();
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            for (Object item = parser.readObject(); item != null; item = parser.readObject()) {
                items.add(item);
            }
        } catch (IOException | RuntimeException e) {
            // the parser's own text may quote the file
            throw new IOException(file + ": is not valid PEM");
        }
        return items;
    }

    private static GeneralSecurityException encrypted(String file) {
        return new GeneralSecurityException(
                file + ": the private key is encrypted; store it without a passphrase and readable by its owner only");
    }

    private static boolean belongTogether(CertifiedKey key) throws GeneralSecurityException {
        String algorithm = switch (key.privateKey().getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC", "ECDSA" -> "SHA256withECDSA";
            default -> key.privateKey().getAlgorithm();
        };
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key.privateKey());
        signature.update(PROBE);
        byte[] signed = signature.sign();
        try {
            signature.initVerify(key.publicKey());
        } catch (GeneralSecurityException e) {
            return false;
        }
        signature.update(PROBE);
        return signature.verify(signed);
    }
}
