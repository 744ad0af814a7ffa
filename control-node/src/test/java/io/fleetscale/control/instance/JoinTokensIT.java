package io.fleetscale.control.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.testing.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JoinTokensIT {
    private static final String CONTENT = "a private key";

    private final Database database = TestDatabase.open();
    private final Connection connection = connect();
    private final JoinTokens tokens = new JoinTokens(connection, new SecureRandom());

    private Connection connect() {
        try {
            return database.dedicated("test");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        database.close();
    }

    private void refuses(String token, String why) {
        assertThatThrownBy(() -> tokens.take(token))
                .isInstanceOf(ControlException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aTokenIsGoodOnce() throws SQLException {
        String token = tokens.issue(CONTENT, JoinTokens.DEFAULT_LIFE);
        assertThat(tokens.take(token)).isEqualTo(CONTENT);
        refuses(token, "was used");
    }

    @Test
    void aTokenEnds() throws SQLException {
        refuses(tokens.issue(CONTENT, Duration.ZERO), "has ended");
    }

    @Test
    void anotherSecretOpensNothingAndSpoilsNothing() throws SQLException {
        String token = tokens.issue(CONTENT, JoinTokens.DEFAULT_LIFE);
        String other = tokens.issue("other", JoinTokens.DEFAULT_LIFE);
        int secret = token.length() - 43;
        refuses(token.substring(0, secret) + other.substring(secret), "belongs to another cluster");
        refuses(token + "x", "no join token");
        assertThat(tokens.take(token)).isEqualTo(CONTENT);
    }

    @Test
    void theDatabaseHoldsNothingInTheClear() throws SQLException {
        String token = tokens.issue(CONTENT, JoinTokens.DEFAULT_LIFE);
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT id, sealed FROM join_tokens")) {
            assertThat(row.next()).isTrue();
            assertThat(token).contains(row.getString(1));
            assertThat(new String(row.getBytes(2), StandardCharsets.ISO_8859_1)).doesNotContain("private");
            assertThat(row.next()).isFalse();
        }
    }
}
