package io.fleetscale.control.oidc;

import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.secret.RandomText;
import io.fleetscale.control.secret.Sealer;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What a login has to remember while the person is at the issuer. It travels sealed, as the {@code state} parameter.
 *
 * @param nonce ties the id token to this login
 * @param verifier proof key of the code exchange, kept even where PKCE is off
 * @param registration a node registers; otherwise an SSH session is checked
 */
record LoginState(AuthId authId, String nonce, String verifier, boolean registration, Instant expires) {
    private static final int SECRET_LENGTH = 43; // 258 bits, the least that a verifier has. Source: RFC 7636, 4.1
    private static final String SEPARATOR = "\n";
    private static final int PARTS = 5;

    static LoginState begin(AuthId authId, boolean registration, Instant expires, RandomGenerator random) {
        return new LoginState(
                authId,
                RandomText.base64Url(random, SECRET_LENGTH),
                RandomText.base64Url(random, SECRET_LENGTH),
                registration,
                expires);
    }

    String seal(Sealer sealer) {
        return sealer.sealText(String.join(
                SEPARATOR,
                authId.text(),
                nonce,
                verifier,
                registration ? "register" : "check",
                Long.toString(expires.getEpochSecond())));
    }

    /** Empty when no instance of this tailnet has sealed it. */
    static Optional<LoginState> open(String sealed, Sealer sealer) {
        return sealer.openText(sealed).map(text -> {
            String[] parts = text.split(SEPARATOR, -1);
            if (parts.length != PARTS) {
                throw new IllegalStateException("a sealed state has " + parts.length + " parts");
            }
            return new LoginState(
                    AuthId.parse(parts[0]),
                    parts[1],
                    parts[2],
                    parts[3].equals("register"),
                    Instant.ofEpochSecond(Long.parseLong(parts[4])));
        });
    }

    @Override
    public String toString() {
        return "LoginState[" + authId + "]";
    }
}
