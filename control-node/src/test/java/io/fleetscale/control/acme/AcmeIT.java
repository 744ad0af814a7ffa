package io.fleetscale.control.acme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.frontdoor.FrontDoor;
import io.fleetscale.control.frontdoor.FrontDoorConfig;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.frontdoor.noise.NoiseRoutes;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.testing.GoServer;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.runtime.acme.AcmeCertificates;
import io.fleetscale.runtime.acme.AcmeSettings;
import io.fleetscale.runtime.acme.AcmeStore;
import io.fleetscale.runtime.acme.ChallengeListener;
import io.fleetscale.runtime.acme.PendingChallenge;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.runtime.tls.ReloadableKey;
import io.fleetscale.runtime.tls.ServerTls;
import io.fleetscale.runtime.tls.TlsOffer;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orders, renewals and sharing against Pebble, the ACME server for tests of Let's Encrypt. */
class AcmeIT {
    private static final String HOST = "localhost";
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private static Path directory = Path.of("target");

    private final Database database = TestDatabase.open();
    private final Sealer sealer = Sealer.derive(TestTailnet.MAC, "acme", RANDOM);
    private volatile Duration later = Duration.ZERO;
    private final InstantSource clock = () -> Instant.now().plus(later);
    private final int directoryPort;
    private final int httpPort;
    private final int tlsPort;
    private final GoServer pebble;

    AcmeIT() throws Exception {
        Path program = GoServer.build(directory, "github.com/letsencrypt/pebble/v2/cmd/pebble");
        Path certificates =
                GoServer.moduleDirectory("github.com/letsencrypt/pebble/v2").resolve("test/certs/localhost");
        directoryPort = GoServer.freePort();
        httpPort = GoServer.freePort();
        tlsPort = GoServer.freePort();
        Path config = directory.resolve("pebble.json");
        Files.writeString(config, """
                {"pebble": {
                  "listenAddress": "127.0.0.1:%d",
                  "managementListenAddress": "127.0.0.1:0",
                  "certificate": "%s", "privateKey": "%s",
                  "httpPort": %d, "tlsPort": %d,
                  "retryAfter": {"authz": 1, "order": 1},
                  "profiles": {"default": {"description": "90 days", "validityPeriod": 7776000}}
                }}
                """.formatted(
                directoryPort, certificates.resolve("cert.pem"), certificates.resolve("key.pem"), httpPort, tlsPort));
        pebble = GoServer.start(
                Map.of("PEBBLE_VA_NOSLEEP", "1", "PEBBLE_WFE_NONCEREJECT", "20"),
                directory.resolve("pebble.log"),
                List.of(program.toString(), "-config", config.toString()));
    }

    @BeforeEach
    void pebbleListens() {
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), directoryPort), 500);
                return true;
            } catch (IOException e) {
                return false;
            }
        });
    }

    @AfterEach
    void close() {
        pebble.close();
        database.close();
    }

    private AcmeSettings settings(boolean byTls, Duration propagation) {
        return new AcmeSettings(
                URI.create("acme://pebble/localhost:" + directoryPort), "ops@example.com", HOST, byTls, propagation);
    }

    private ReloadableKey provisional() throws Exception {
        return new ReloadableKey(AcmeCertificates.provisional(HOST, clock));
    }

    private static void awaitCertificate(AcmeCertificates certificates) {
        await().atMost(PATIENCE).until(certificates::isCertified);
    }

    @Test
    void ordersByHttpSharesWithOtherInstancesAndRenews() throws Exception {
        ReloadableKey key = provisional();
        JdbcAcmeStore store = new JdbcAcmeStore(database, sealer, clock);
        AcmeCertificates first = new AcmeCertificates(settings(false, Duration.ZERO), store, key, clock);
        ReloadableKey otherKey = provisional();
        AcmeCertificates other = new AcmeCertificates(settings(false, Duration.ZERO), store, otherKey, clock);
        try (Transport transport = Transport.portable("acme", 1);
                // the authority may come to any instance: here to the one that did not order
                ChallengeListener listener = new ChallengeListener(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), httpPort),
                        transport,
                        "https://hs.example.com",
                        other::authorization)) {
            listener.start();
            first.start();
            awaitCertificate(first);
            assertThat(key.key().certificate().getIssuerX500Principal().getName())
                    .contains("Pebble");
            assertThat(key.key().chain().size()).isGreaterThan(1);

            other.start();
            assertThat(other.isCertified()).as("taken from the database").isTrue();
            assertThat(otherKey.key().chain()).isEqualTo(key.key().chain());
            first.close();
            other.close();

            later = Duration.ofDays(61);
            ReloadableKey laterKey = provisional();
            AcmeCertificates renewing = new AcmeCertificates(settings(false, Duration.ZERO), store, laterKey, clock);
            renewing.start();
            try {
                await().atMost(PATIENCE)
                        .until(() ->
                                !laterKey.key().certificate().equals(key.key().certificate())
                                        && renewing.isCertified());
            } finally {
                renewing.close();
            }
            assertThat(store.challenges()).isEmpty();
            redirectsTheRest();
        }
    }

    /** All instances of a cluster find at their start that there is no certificate. */
    @Test
    void ofManyThatStartAtOnceOneOrders() throws Exception {
        CountingStore store = CountingStore.over(new JdbcAcmeStore(database, sealer, clock));
        List<AcmeCertificates> instances = new ArrayList<>();
        List<ReloadableKey> keys = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ReloadableKey key = provisional();
            keys.add(key);
            instances.add(new AcmeCertificates(settings(false, Duration.ZERO), store, key, clock));
        }
        try (Transport transport = Transport.portable("acme", 1);
                ChallengeListener listener = new ChallengeListener(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), httpPort),
                        transport,
                        "https://hs.example.com",
                        instances.getLast()::authorization)) {
            listener.start();
            for (AcmeCertificates instance : instances) {
                instance.start();
            }
            instances.forEach(AcmeIT::awaitCertificate);
        } finally {
            instances.forEach(AcmeCertificates::close);
        }
        assertThat(store.orders()).hasValue(1);
        assertThat(keys)
                .allSatisfy(key -> assertThat(key.key().chain())
                        .isEqualTo(keys.getFirst().key().chain()));
    }

    @Test
    void anAttemptThatFailedKeepsTheOthersFromTheAuthority() throws Exception {
        CountingStore store = CountingStore.over(new JdbcAcmeStore(database, sealer, clock));
        AcmeSettings unreachable =
                new AcmeSettings(URI.create("https://127.0.0.1:1/"), "ops@example.com", HOST, false, Duration.ZERO);
        AcmeCertificates one = new AcmeCertificates(unreachable, store, provisional(), clock);
        AcmeCertificates other = new AcmeCertificates(unreachable, store, provisional(), clock);
        try {
            one.start();
            await().atMost(PATIENCE).until(() -> store.turnsEnded().get() == 1);
            other.start();
            int asked = store.turnsAsked().get();
            await().atMost(PATIENCE).until(() -> store.turnsAsked().get() >= asked + 2);
            assertThat(store.turnsTaken()).as("the other one asks, and waits").hasValue(1);
            later = Duration.ofMinutes(2);
            await().atMost(PATIENCE).until(() -> store.turnsTaken().get() >= 2);
        } finally {
            one.close();
            other.close();
        }
    }

    private void redirectsTheRest() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort + "/windows?x=1"))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(302);
            assertThat(answer.headers().firstValue("Location")).contains("https://hs.example.com/windows?x=1");
            assertThat(client.send(
                                    HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort
                                                    + "/.well-known/acme-challenge/none"))
                                            .build(),
                                    BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void ordersByTlsOnTheMainListener() throws Exception {
        ReloadableKey key = provisional();
        SslContext tls = ServerTls.context(key, List.of("http/1.1"));
        AcmeCertificates certificates = new AcmeCertificates(
                settings(true, AcmeSettings.PROPAGATION), new JdbcAcmeStore(database, sealer, clock), key, clock);
        TlsOffer offer = new TlsOffer() {
            @Override
            public Optional<SslContext> certificate() {
                return Optional.of(tls);
            }

            @Override
            public Optional<SslContext> challenge() {
                return certificates.challengeTls();
            }
        };
        try (FrontDoor door = new FrontDoor(
                FrontDoorConfig.listeningOn(List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), tlsPort))),
                MachinePrivateKey.generate(RANDOM),
                RouteTable.builder().build(),
                new NoiseRoutes(),
                Optional.empty(),
                offer,
                new SimpleMeterRegistry(),
                System::nanoTime)) {
            door.start();
            certificates.start();
            awaitCertificate(certificates);
            assertThat(key.key().certificate().getIssuerX500Principal().getName())
                    .contains("Pebble");
        } finally {
            certificates.close();
        }
    }

    /** Counts what is asked of it. */
    private record CountingStore(
            JdbcAcmeStore store,
            AtomicInteger orders,
            AtomicInteger turnsAsked,
            AtomicInteger turnsTaken,
            AtomicInteger turnsEnded)
            implements AcmeStore {
        static CountingStore over(JdbcAcmeStore store) {
            return new CountingStore(
                    store, new AtomicInteger(), new AtomicInteger(), new AtomicInteger(), new AtomicInteger());
        }

        @Override
        public Optional<String> secret(String name) {
            return store.secret(name);
        }

        @Override
        public void putSecret(String name, String pem) {
            store.putSecret(name, pem);
        }

        @Override
        public List<PendingChallenge> challenges() {
            return store.challenges();
        }

        @Override
        public void putChallenge(PendingChallenge challenge) {
            orders.incrementAndGet();
            store.putChallenge(challenge);
        }

        @Override
        public void removeChallenge(String token) {
            store.removeChallenge(token);
        }

        @Override
        public boolean takeTurn(String name, Instant until) {
            boolean taken = store.takeTurn(name, until);
            turnsAsked.incrementAndGet();
            if (taken) {
                turnsTaken.incrementAndGet();
            }
            return taken;
        }

        @Override
        public void endTurn(String name, Instant free) {
            store.endTurn(name, free);
            turnsEnded.incrementAndGet();
        }
    }
}
