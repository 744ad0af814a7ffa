package io.fleetscale.control.oidc;

import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.secret.RandomText;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.tailnet.UserId;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A login that lacks only the person's "yes, this is my machine". It travels sealed, as cookie and as form field.
 *
 * @param nodeExpiry when the token decides about it
 * @param expires of the question
 */
record Confirmation(AuthId authId, UserId user, @Nullable Instant nodeExpiry, Instant expires) {
    private static final String SEPARATOR = "\n";
    private static final int SALT_LENGTH = 22;
    private static final int PARTS = 5;

    /** Different each time, so that nobody can tell two of them apart by their text. */
    String seal(Sealer sealer, RandomGenerator random) {
        return sealer.sealText(String.join(
                SEPARATOR,
                authId.text(),
                user.toString(),
                nodeExpiry == null ? "" : Long.toString(nodeExpiry.getEpochSecond()),
                Long.toString(expires.getEpochSecond()),
                RandomText.base64Url(random, SALT_LENGTH)));
    }

    static Optional<Confirmation> open(String sealed, Sealer sealer) {
        return sealer.openText(sealed).map(text -> {
            String[] parts = text.split(SEPARATOR, -1);
            if (parts.length != PARTS) {
                throw new IllegalStateException("a sealed confirmation has " + parts.length + " parts");
            }
            return new Confirmation(
                    AuthId.parse(parts[0]),
                    new UserId(Long.parseLong(parts[1])),
                    parts[2].isEmpty() ? null : Instant.ofEpochSecond(Long.parseLong(parts[2])),
                    Instant.ofEpochSecond(Long.parseLong(parts[3])));
        });
    }
}
