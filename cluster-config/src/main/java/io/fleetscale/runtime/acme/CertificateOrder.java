package io.fleetscale.runtime.acme;

import io.fleetscale.runtime.tls.CertifiedKey;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.shredzone.acme4j.Account;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.Http01Challenge;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.challenge.TokenChallenge;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.util.KeyPairUtils;

/** One order of one certificate, from the account to the chain. Blocks for as long as the authority takes, within limits. */
final class CertificateOrder {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String CURVE = "secp256r1";
    private static final String ACCOUNT = "account/";

    private final AcmeSettings settings;
    private final AcmeStore store;
    private final InstantSource clock;
    private final Announcement announced;

    /** Makes this process ready to answer a challenge that has just been stored. */
    @FunctionalInterface
    interface Announcement {
        void made() throws IOException;
    }

    CertificateOrder(AcmeSettings settings, AcmeStore store, InstantSource clock, Announcement announced) {
        this.settings = settings;
        this.store = store;
        this.clock = clock;
        this.announced = announced;
    }

    /**
     * @throws AcmeException when the authority says no, with its reason
     * @throws IOException when the authority cannot be reached or is too slow
     */
    CertifiedKey obtain() throws AcmeException, IOException, InterruptedException {
        Session session = new Session(settings.directory());
        Account account = account(session);
        Order order = account.newOrder().domain(settings.hostname()).create();
        for (Authorization authorization : order.getAuthorizations()) {
            if (authorization.getStatus() != Status.VALID) {
                answer(authorization);
            }
        }
        KeyPair key = KeyPairUtils.createECKeyPair(CURVE);
        require(order.waitUntilReady(LIMIT) == Status.READY, "the order", order.getError());
        order.execute(key);
        require(order.waitForCompletion(LIMIT) == Status.VALID, "the order", order.getError());
        return new CertifiedKey(key.getPrivate(), order.getCertificate().getCertificateChain());
    }

    /** The account of all instances; the one that orders first makes it. */
    private Account account(Session session) throws AcmeException, IOException {
        String name = ACCOUNT + settings.directory();
        Optional<String> stored = store.secret(name);
        KeyPair key = stored.isPresent()
                ? KeyPairUtils.readKeyPair(new StringReader(stored.get()))
                : KeyPairUtils.createECKeyPair(CURVE);
        AccountBuilder account = new AccountBuilder().agreeToTermsOfService().useKeyPair(key);
        if (!settings.email().isEmpty()) {
            account.addEmail(settings.email());
        }
        Account created = account.create(session);
        if (stored.isEmpty()) {
            StringWriter pem = new StringWriter();
            KeyPairUtils.writeKeyPair(key, pem);
            store.putSecret(name, pem.toString());
        }
        return created;
    }

    private void answer(Authorization authorization) throws AcmeException, IOException, InterruptedException {
        Class<? extends TokenChallenge> type = settings.byTls() ? TlsAlpn01Challenge.class : Http01Challenge.class;
        TokenChallenge challenge = authorization
                .findChallenge(type)
                .orElseThrow(() -> new AcmeException("the ACME server does not offer "
                        + (settings.byTls() ? "TLS-ALPN-01" : "HTTP-01") + " for " + settings.hostname()));
        Instant expires = clock.instant().plus(LIMIT.multipliedBy(2));
        String token = challenge.getJSON().get("token").asString();
        store.putChallenge(new PendingChallenge(token, settings.hostname(), challenge.getAuthorization(), expires));
        try {
            announced.made();
            Thread.sleep(settings.propagation());
            challenge.trigger();
            Status status = challenge.waitForCompletion(LIMIT);
            require(status == Status.VALID, "the check of " + settings.hostname(), challenge.getError());
        } finally {
            store.removeChallenge(token);
        }
    }

    private static void require(boolean holds, String what, Optional<Problem> problem) throws AcmeException {
        if (!holds) {
            throw new AcmeException(
                    what + " failed: " + problem.flatMap(Problem::getDetail).orElse("the ACME server gives no reason"));
        }
    }
}
