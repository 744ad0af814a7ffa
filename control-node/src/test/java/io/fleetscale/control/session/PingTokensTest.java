package io.fleetscale.control.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.secret.HmacSecretMac;
import io.fleetscale.wire.key.MachineKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PingTokensTest {
    private static final MachineKey ASKED = machine(1);

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
    private final PingTokens here = tokens(1);
    private final PingTokens onAnotherInstance = tokens(1);

    private PingTokens tokens(int secret) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) secret);
        return new PingTokens(new HmacSecretMac(key), now::get, new SecureRandom());
    }

    private static MachineKey machine(int number) {
        byte[] raw = new byte[32];
        Arrays.fill(raw, (byte) number);
        return MachineKey.of(raw);
    }

    @Test
    void everyInstanceOfTheClusterKnowsTheToken() {
        assertThat(onAnotherInstance.isOurs(here.make(ASKED), ASKED)).isTrue();
        assertThat(tokens(2).isOurs(here.make(ASKED), ASKED)).isFalse();
    }

    @Test
    void anotherMachineCannotUseIt() {
        assertThat(here.isOurs(here.make(ASKED), machine(2))).isFalse();
    }

    @Test
    void itEnds() {
        String token = here.make(ASKED);
        now.set(Objects.requireNonNull(now.get()).plus(Duration.ofMinutes(5)));
        assertThat(here.isOurs(token, ASKED)).isFalse();
    }

    @Test
    void anythingElseIsRefused() {
        String token = here.make(ASKED);
        assertThat(here.isOurs("", ASKED)).isFalse();
        assertThat(here.isOurs(token + "0", ASKED)).isFalse();
        assertThat(here.isOurs("zz" + token.substring(2), ASKED)).isFalse();
        assertThat(here.isOurs("1" + token.substring(1), ASKED)).isFalse();
        assertThat(here.isOurs(token.substring(0, token.length() - 1) + 'x', ASKED))
                .isFalse();
    }
}
