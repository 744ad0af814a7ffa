package io.fleetscale.control.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.wire.key.Bytes32;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CredentialMacsIT {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final SecretMac FIRST = new HmacSecretMac(RANDOM.generateSeed(32));

    private final Database database = TestDatabase.open();

    @AfterEach
    void close() {
        database.close();
    }

    private CredentialMacs instance() {
        return CredentialMacs.load(database, FIRST, InstantSource.system());
    }

    private void aMinuteLater() {
        TestDatabase.execute(database.config(), "UPDATE credential_mac_keys SET made = made - interval '2 minutes'");
    }

    @Test
    void bothKeysAreGoodUntilTheOldOneIsGivenUp() throws SQLException {
        CredentialMacs one = instance();
        CredentialMacs other = instance();
        Bytes32 old = one.mac("secret");
        assertThat(old).as("as before there were several keys").isEqualTo(FIRST.mac("secret"));
        try (Connection connection = database.dedicated("test")) {
            assertThat(CredentialMacKeys.begin(connection, FIRST, RANDOM)).isEqualTo(1);
            assertThatThrownBy(() -> CredentialMacKeys.begin(connection, FIRST, RANDOM))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("end that rotation");
            one.refresh();
            assertThat(one.mac("secret"))
                    .as("the other one may not know the new key yet")
                    .isEqualTo(old);
            assertThatThrownBy(() -> CredentialMacKeys.newSince(connection, FIRST))
                    .hasMessageContaining("wait until then");
            aMinuteLater();
            one.refresh();
            Bytes32 fresh = one.mac("secret");
            assertThat(fresh).isNotEqualTo(old);
            assertThat(one.matches("secret", old)).isTrue();
            assertThat(one.matches("secret", fresh)).isTrue();
            other.refresh();
            assertThat(other.matches("secret", fresh)).isTrue();
            assertThat(other.matches("secret", old)).isTrue();
            assertThat(other.matches("another", fresh)).isFalse();
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            other.bindTo(meters);
            assertThat(meters.get("control.credential.mac.keys").gauge().value())
                    .isEqualTo(2);

            assertThat(CredentialMacKeys.newSince(connection, FIRST)).isBefore(Instant.now());
            assertThat(CredentialMacKeys.finish(connection)).isEqualTo(1);
            other.refresh();
            assertThat(other.matches("secret", old)).isFalse();
            assertThat(other.matches("secret", fresh)).isTrue();
            assertThat(instance().mac("secret")).as("after a restart").isEqualTo(fresh);
            assertThat(meters.get("control.credential.mac.keys").gauge().value())
                    .isEqualTo(1);
            assertThat(CredentialMacKeys.begin(connection, FIRST, RANDOM))
                    .as("and again")
                    .isEqualTo(2);
        }
    }

    @Test
    void aKeyOfAnotherServerIsNotTaken() throws SQLException {
        CredentialMacs before = instance();
        try (Connection connection = database.dedicated("test")) {
            CredentialMacKeys.begin(connection, new HmacSecretMac(new byte[32]), RANDOM);
        }
        assertThatThrownBy(this::instance).isInstanceOf(KeyException.class).hasMessageContaining("not of this server");
        before.refresh();
        assertThat(before.matches("secret", FIRST.mac("secret")))
                .as("who runs goes on with what it has")
                .isTrue();
    }
}
