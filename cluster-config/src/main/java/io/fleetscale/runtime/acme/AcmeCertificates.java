package io.fleetscale.runtime.acme;

import io.fleetscale.runtime.tls.CertifiedKey;
import io.fleetscale.runtime.tls.PemFiles;
import io.fleetscale.runtime.tls.ReloadableKey;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Identifier;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.util.CertificateUtils;
import org.shredzone.acme4j.util.KeyPairUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the listener's key at the newest certificate: takes over what another instance has got, and orders a new one when two
 * thirds of the old one's life are over. Until the first one is there, the listener has a certificate that nobody trusts.
 * Thread-safe.
 */
public final class AcmeCertificates implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AcmeCertificates.class);
    private static final Duration ROUND = Duration.ofSeconds(2);
    private static final Duration LOOK_FOR_OTHERS = Duration.ofMinutes(1);
    private static final Duration TURN = Duration.ofMinutes(10);
    private static final Duration FIRST_RETRY = Duration.ofMinutes(1);
    private static final Duration LONGEST_RETRY = Duration.ofHours(1);
    private static final Duration LONGEST_END = Duration.ofSeconds(5);
    private static final String CERTIFICATE = "certificate/";
    /** Of the certificates made here: the library signs them with RSA only. */
    private static final int RSA_BITS = 2048;

    static {
        // acme4j's keys and certificates ask for it by name; last in order, so that nothing else changes
        Security.addProvider(new BouncyCastleProvider());
    }

    private final AcmeSettings settings;
    private final AcmeStore store;
    private final ReloadableKey key;
    private final InstantSource clock;
    private final Thread worker = Thread.ofVirtual().name("acme").unstarted(this::run);
    private volatile List<PendingChallenge> challenges = List.of();
    private volatile @Nullable SslContext challengeTls;
    private volatile boolean certified;
    /** An order that is interrupted in a call to the authority only sees it fail. */
    private volatile boolean closed;

    /** @param key the listener's, {@link #provisional} at first */
    public AcmeCertificates(AcmeSettings settings, AcmeStore store, ReloadableKey key, InstantSource clock) {
        this.settings = settings;
        this.store = store;
        this.key = key;
        this.clock = clock;
    }

    /** A self-signed certificate for the time before the first order is done. */
    public static CertifiedKey provisional(String hostname, InstantSource clock) {
        KeyPair pair = KeyPairUtils.createKeyPair(RSA_BITS);
        Instant now = clock.instant();
        X509Certificate certificate = CertificateUtils.createTestRootCertificate(
                "CN=" + hostname, now.minus(Duration.ofHours(1)), now.plus(Duration.ofDays(1)), pair);
        return new CertifiedKey(pair.getPrivate(), List.of(certificate));
    }

    /** Takes over a stored certificate, then works in the background. */
    public void start() throws IOException, GeneralSecurityException {
        takeStored();
        worker.start();
    }

    /** What answers a check by TLS-ALPN-01; empty while none is expected. */
    public Optional<SslContext> challengeTls() {
        return Optional.ofNullable(challengeTls);
    }

    /** What answers a check by HTTP-01; blocks. */
    public Optional<String> authorization(String token) {
        Optional<String> known = authorization(challenges, token);
        return known.isPresent() ? known : authorization(store.challenges(), token);
    }

    private static Optional<String> authorization(List<PendingChallenge> among, String token) {
        return among.stream()
                .filter(challenge -> challenge.token().equals(token))
                .map(PendingChallenge::authorization)
                .findFirst();
    }

    /** Whether the key in use came from the authority. */
    public boolean isCertified() {
        return certified;
    }

    private void run() {
        Thread orders = Thread.ofVirtual().name("acme-orders").start(this::order);
        try {
            while (true) {
                Thread.sleep(ROUND);
                try {
                    followChallenges();
                } catch (IOException | RuntimeException e) {
                    LOG.atDebug().setCause(e).log("ACME challenges cannot be read");
                }
            }
        } catch (InterruptedException e) {
            orders.interrupt();
            try {
                boolean unused = orders.join(LONGEST_END);
            } catch (InterruptedException again) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void followChallenges() throws IOException {
        List<PendingChallenge> now = store.challenges();
        if (now.equals(challenges)) {
            return;
        }
        challenges = now;
        challengeTls = settings.byTls() && !now.isEmpty() ? challengeContext(now.getFirst()) : null;
    }

    private static SslContext challengeContext(PendingChallenge challenge) throws IOException {
        KeyPair pair = KeyPairUtils.createKeyPair(RSA_BITS);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(challenge.authorization().getBytes(StandardCharsets.US_ASCII));
            X509Certificate certificate =
                    CertificateUtils.createTlsAlpn01Certificate(pair, Identifier.dns(challenge.identifier()), digest);
            return SslContextBuilder.forServer(pair.getPrivate(), certificate)
                    .sslProvider(SslProvider.JDK)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            TlsAlpn01Challenge.ACME_TLS_1_PROTOCOL))
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate of a challenge cannot be made", e);
        }
    }

    /** After a failure others' certificates are still looked for, while the next attempt waits. */
    private void order() {
        Duration retry = FIRST_RETRY;
        Instant notBefore = Instant.MIN;
        try {
            while (!closed) {
                try {
                    takeStored();
                    if (!isDue()) {
                        retry = FIRST_RETRY;
                    } else if (!clock.instant().isBefore(notBefore) && !orderInTurn(retry)) {
                        notBefore = clock.instant().plus(retry);
                        Duration doubled = retry.multipliedBy(2);
                        retry = doubled.compareTo(LONGEST_RETRY) < 0 ? doubled : LONGEST_RETRY;
                    }
                    Thread.sleep(certified ? LOOK_FOR_OTHERS : ROUND);
                } catch (IOException | GeneralSecurityException | RuntimeException e) {
                    LOG.atWarn()
                            .addKeyValue("name", settings.hostname())
                            .addKeyValue("reason", e.getMessage())
                            .log("the store of certificates cannot be used");
                    Thread.sleep(LOOK_FOR_OTHERS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Orders unless another one does, or did a moment ago.
     *
     * @return false if it was tried and failed
     */
    private boolean orderInTurn(Duration retry) throws IOException, GeneralSecurityException, InterruptedException {
        if (!store.takeTurn(settings.hostname(), clock.instant().plus(TURN))) {
            return true;
        }
        boolean done = false;
        try {
            // whoever had the turn before may have got one since this instance looked
            takeStored();
            if (isDue()) {
                orderNow();
            }
            done = true;
        } catch (AcmeException | IOException | GeneralSecurityException | RuntimeException e) {
            LOG.atWarn()
                    .addKeyValue("name", settings.hostname())
                    .addKeyValue("reason", e.getMessage())
                    .addKeyValue("again", retry)
                    .log("no new certificate from the ACME server");
        } finally {
            Instant now = clock.instant();
            store.endTurn(settings.hostname(), done || closed ? now : now.plus(retry));
        }
        return done;
    }

    private void orderNow() throws AcmeException, IOException, GeneralSecurityException, InterruptedException {
        CertifiedKey next = new CertificateOrder(settings, store, clock, this::followChallenges).obtain();
        List<Object> items = new ArrayList<>();
        items.add(next.privateKey());
        items.addAll(next.chain());
        store.putSecret(CERTIFICATE + settings.hostname(), PemFiles.text(items.toArray()));
        use(next);
    }

    /**
     * Takes over a stored certificate, for who listens before {@link #start}.
     *
     * @throws IOException when it cannot be read or is not PEM
     * @throws GeneralSecurityException when it cannot be used
     */
    public void takeStored() throws IOException, GeneralSecurityException {
        Optional<String> stored = store.secret(CERTIFICATE + settings.hostname());
        if (stored.isPresent()) {
            CertifiedKey other =
                    PemFiles.parseCertifiedKey("the stored certificate of " + settings.hostname(), stored.get());
            if (!other.chain().equals(key.key().chain())) {
                use(other);
            }
        }
    }

    private void use(CertifiedKey next) throws GeneralSecurityException {
        key.replace(next);
        certified = true;
        LOG.atInfo()
                .addKeyValue("name", settings.hostname())
                .addKeyValue("until", next.certificate().getNotAfter().toInstant())
                .log("a certificate from the ACME server is in use");
    }

    private boolean isDue() {
        if (!certified) {
            return true;
        }
        X509Certificate current = key.key().certificate();
        Instant from = current.getNotBefore().toInstant();
        Duration life = Duration.between(from, current.getNotAfter().toInstant());
        return !clock.instant().isBefore(from.plus(life.multipliedBy(2).dividedBy(3)));
    }

    /** When this returns, the right to order is not taken any more; waits for what is under way, for some seconds at most. */
    @Override
    public void close() {
        closed = true;
        worker.interrupt();
        try {
            if (worker.getState() != Thread.State.NEW && !worker.join(LONGEST_END)) {
                LOG.atWarn()
                        .addKeyValue("name", settings.hostname())
                        .log("an order does not end, it is left to itself");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
