package io.fleetscale.control.instance;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.secret.HmacSecretMac;
import io.fleetscale.control.secret.Sealer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tokens with which a further instance gets its certificate and keys, once and for a limited time. What it gets lies in the
 * database, sealed under a key that only the token holds. Works on one connection in auto-commit mode; calls block. Not
 * thread-safe.
 */
public final class JoinTokens {
    public static final Duration DEFAULT_LIFE = Duration.ofHours(1);

    private static final Pattern FORM = Pattern.compile("fleetscale-join-([A-Za-z0-9_-]{16})-([A-Za-z0-9_-]{43})");
    private static final String PURPOSE = "cluster join token";
    private static final int ID_BYTES = 12;
    private static final int SECRET_BYTES = 32;

    private final Connection connection;
    private final SecureRandom random;

    public JoinTokens(Connection connection, SecureRandom random) {
        this.connection = connection;
        this.random = random;
    }

    /**
     * Stores what the bearer of the token shall get; forgets tokens that have ended.
     *
     * @param content at most 64 KiB
     * @return the token, which is kept nowhere
     */
    public String issue(String content, Duration life) throws SQLException {
        Base64.Encoder text = Base64.getUrlEncoder().withoutPadding();
        byte[] id = new byte[ID_BYTES];
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(id);
        random.nextBytes(secret);
        try (PreparedStatement ended =
                connection.prepareStatement("DELETE FROM join_tokens WHERE expires <= clock_timestamp()")) {
            ended.executeUpdate();
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO join_tokens VALUES (?, ?, clock_timestamp() + make_interval(secs => ?))")) {
            insert.setString(1, text.encodeToString(id));
            insert.setBytes(2, sealer(secret).seal(content.getBytes(StandardCharsets.UTF_8)));
            insert.setDouble(3, (double) life.toSeconds());
            insert.executeUpdate();
        }
        return "fleetscale-join-" + text.encodeToString(id) + '-' + text.encodeToString(secret);
    }

    /**
     * Takes what {@link #issue} stored; nobody gets it again.
     *
     * @throws ControlException INVALID_ARGUMENT when this is no token, NOT_FOUND when it was used, has ended or was never made
     */
    public String take(String token) throws SQLException {
        Matcher form = FORM.matcher(token);
        if (!form.matches()) {
            throw new ControlException(
                    ErrorCode.INVALID_ARGUMENT,
                    "this is no join token: copy the whole line that \"cluster join-token\" printed");
        }
        byte[] sealed = take(form.group(1), sealer(Base64.getUrlDecoder().decode(form.group(2))));
        return new String(sealed, StandardCharsets.UTF_8);
    }

    private byte[] take(String id, Sealer sealer) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT sealed FROM join_tokens WHERE id = ? AND expires > clock_timestamp()")) {
            select.setString(1, id);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw gone();
                }
                // opened first: who knows the number alone cannot spoil the token of another
                byte[] content = sealer.open(row.getBytes(1)).orElseThrow(JoinTokens::gone);
                spend(id);
                return content;
            }
        }
    }

    private void spend(String id) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM join_tokens WHERE id = ?")) {
            delete.setString(1, id);
            if (delete.executeUpdate() != 1) {
                throw gone();
            }
        }
    }

    private static ControlException gone() {
        return new ControlException(
                ErrorCode.NOT_FOUND,
                "this join token was used, has ended, or belongs to another cluster: \"cluster join-token\" makes one");
    }

    private Sealer sealer(byte[] secret) {
        return Sealer.derive(new HmacSecretMac(secret), PURPOSE, random);
    }
}
