package io.fleetscale.runtime.acme;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.runtime.tls.ReloadableKey;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class AcmeCertificatesTest {
    private static final AcmeSettings SETTINGS =
            new AcmeSettings(URI.create("https://127.0.0.1:1/"), "", "hs.example.com", true, Duration.ZERO);

    /** Otherwise a stopped instance takes the right to order after its end, and the others wait for it. */
    @Test
    void closingWaitsForTheStoreToAnswer() throws Exception {
        SlowStore store = new SlowStore();
        InstantSource clock = InstantSource.system();
        AcmeCertificates certificates = new AcmeCertificates(
                SETTINGS, store, new ReloadableKey(AcmeCertificates.provisional("hs.example.com", clock)), clock);
        certificates.start();
        store.asked.await();

        certificates.close();

        assertThat(store.answered).isTrue();
    }

    @Test
    void whatNeverStartedCloses() throws Exception {
        InstantSource clock = InstantSource.system();
        new AcmeCertificates(
                        SETTINGS,
                        new SlowStore(),
                        new ReloadableKey(AcmeCertificates.provisional("hs.example.com", clock)),
                        clock)
                .close();
    }

    /** Has no certificate, and needs a moment to refuse a turn, whoever interrupts. */
    private static final class SlowStore implements AcmeStore {
        private static final long MOMENT = Duration.ofMillis(200).toNanos();

        final CountDownLatch asked = new CountDownLatch(1);
        final AtomicBoolean answered = new AtomicBoolean();

        @Override
        public boolean takeTurn(String name, Instant until) {
            asked.countDown();
            long end = System.nanoTime() + MOMENT;
            while (System.nanoTime() < end) {
                LockSupport.parkNanos(MOMENT);
            }
            answered.set(true);
            return false;
        }

        @Override
        public Optional<String> secret(String name) {
            return Optional.empty();
        }

        @Override
        public void putSecret(String name, String pem) {
            throw new IllegalStateException("nothing is ordered here");
        }

        @Override
        public List<PendingChallenge> challenges() {
            return List.of();
        }

        @Override
        public void putChallenge(PendingChallenge challenge) {
            throw new IllegalStateException("nothing is ordered here");
        }

        @Override
        public void removeChallenge(String token) {
            throw new IllegalStateException("nothing is ordered here");
        }

        @Override
        public void endTurn(String name, Instant free) {
            throw new IllegalStateException("no turn was taken");
        }
    }
}
