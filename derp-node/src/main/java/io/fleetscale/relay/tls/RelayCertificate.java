package io.fleetscale.relay.tls;

import io.fleetscale.wire.key.NodeKey;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.KeyManagerFactoryWrapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The relay's own certificate: self-signed, kept in a directory, pinned by the DERP map. Immutable and thread-safe;
 * never prints its key.
 *
 * <p>Nodes that find {@code sha256-raw:} in a node's {@code CertName} accept exactly this certificate, if it is within
 * its validity and, when they sent a server name, names it. Source: tailscale net/tlsdial/tlsdial.go,
 * SetConfigExpectedCertHash.
 */
public final class RelayCertificate {
    private static final String KEY_FILE = "relay-tls.key";
    private static final String CERTIFICATE_FILE = "relay-tls.crt";
    private static final String PIN_PREFIX = "sha256-raw:";
    /** An upgrade is impossible over HTTP/2; who offers nothing, as nodes do, or only other protocols, is told nothing. */
    private static final ApplicationProtocolConfig HTTP_1_1 = new ApplicationProtocolConfig(
            ApplicationProtocolConfig.Protocol.ALPN,
            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
            ApplicationProtocolNames.HTTP_1_1);

    private static final Base64.Encoder PEM = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private final PrivateKey key;
    private final List<X509Certificate> chain;

    private RelayCertificate(PrivateKey key, List<X509Certificate> chain) {
        this.key = key;
        this.chain = List.copyOf(chain);
    }

    /**
     * Reads {@code relay-tls.key} and {@code relay-tls.crt}, or makes them, mode 0600, when they do not exist. A
     * certificate that does not name all of {@code hostNames}, or that ends within a month, is replaced: its pin changes,
     * so the DERP map must be made from {@link #pin} afterwards.
     *
     * @param hostNames DNS names and IP literals by which nodes are told to reach the relay; at least one
     * @throws IOException also when the files cannot be understood; their content is not echoed
     */
    public static RelayCertificate loadOrCreate(Path directory, List<String> hostNames, InstantSource clock)
            throws IOException {
        Path keyFile = directory.resolve(KEY_FILE);
        Path certificateFile = directory.resolve(CERTIFICATE_FILE);
        Optional<byte[]> storedKey = SecretFile.read(keyFile);
        Optional<byte[]> storedCertificate = SecretFile.read(certificateFile);
        try {
            if (storedKey.isPresent() && storedCertificate.isPresent()) {
                X509Certificate certificate = parseCertificate(storedCertificate.get());
                if (SelfSigned.covers(certificate, hostNames, clock.instant())) {
                    return new RelayCertificate(parseKey(storedKey.get()), List.of(certificate));
                }
            }
            KeyPair pair = newKeyPair();
            X509Certificate certificate = SelfSigned.create(pair, hostNames, clock.instant(), new SecureRandom());
            // The key first: a certificate without its key would be used.
            SecretFile.write(keyFile, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
            SecretFile.write(certificateFile, pem("CERTIFICATE", certificate.getEncoded()));
            return new RelayCertificate(pair.getPrivate(), List.of(certificate));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(
                    "relay certificate in " + directory + " cannot be used: remove " + KEY_FILE + " and "
                            + CERTIFICATE_FILE + " to get a new one",
                    e);
        }
    }

    /** A certificate of the owner's, leaf first; nodes check it against the usual roots and nothing is pinned. */
    public static RelayCertificate of(PrivateKey key, List<X509Certificate> chain) {
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("a certificate chain has at least a leaf");
        }
        return new RelayCertificate(key, chain);
    }

    /** The value of {@code CertName} in the DERP map that makes nodes accept this certificate and no other. */
    public String pin() {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(chain.getFirst().getEncoded());
            return PIN_PREFIX + HexFormat.of().formatHex(digest);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a parsed certificate can be encoded, and every JDK has SHA-256", e);
        }
    }

    public X509Certificate leaf() {
        return chain.getFirst();
    }

    /**
     * A context for a listener: TLS 1.2 and 1.3, HTTP/1.1 only, the meta certificate of {@code relayKey} last in the
     * chain. Uses BoringSSL where it is present, else the JDK.
     *
     * @throws IOException if the TLS library refuses
     */
    public SslContext serverContext(NodeKey relayKey, InstantSource clock) throws IOException {
        return serverContext(relayKey, clock, OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK);
    }

    SslContext serverContext(NodeKey relayKey, InstantSource clock, SslProvider provider) throws IOException {
        try {
            List<X509Certificate> presented = new ArrayList<>(chain);
            presented.add(MetaCertificate.create(relayKey, clock.instant(), new SecureRandom()));
            ChainKeys keys = new ChainKeys(key, presented.toArray(X509Certificate[]::new));
            SslContextBuilder builder = provider == SslProvider.OPENSSL
                    // without it the chain and the key are written and parsed again for each connection
                    ? SslContextBuilder.forServer(
                            new OpenSslCachingX509KeyManagerFactory(new KeyManagerFactoryWrapper(keys)))
                    : SslContextBuilder.forServer(keys);
            return builder.applicationProtocolConfig(HTTP_1_1)
                    .sslProvider(provider)
                    .protocols("TLSv1.3", "TLSv1.2")
                    .clientAuth(ClientAuth.NONE)
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IOException("relay TLS cannot be set up", e);
        }
    }

    @Override
    public String toString() {
        return "RelayCertificate[" + pin() + "]";
    }

    private static KeyPair newKeyPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static PrivateKey parseKey(byte[] pem) throws GeneralSecurityException {
        String body = new String(pem, StandardCharsets.US_ASCII).replaceAll("-----[A-Z ]+-----", "");
        byte[] der = Base64.getMimeDecoder().decode(body);
        try {
            return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
        } finally {
            Arrays.fill(der, (byte) 0);
        }
    }

    private static X509Certificate parseCertificate(byte[] pem) throws GeneralSecurityException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
    }

    private static byte[] pem(String label, byte[] der) {
        String text = "-----BEGIN " + label + "-----\n" + PEM.encodeToString(der) + "\n-----END " + label + "-----\n";
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
