package io.fleetscale.control.oidc;

import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.secret.RandomText;
import io.fleetscale.control.secret.Sealer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What a login has to remember while the person is at the issuer. It travels sealed, as the {@code state} parameter.
 *
 * @param about the login that waits; for a page what that page has to remember
 * @param nonce ties the id token to this login
 * @param verifier proof key of the code exchange, kept even where PKCE is off
 */
record LoginState(Purpose purpose, String about, String nonce, String verifier, Instant expires) {
    /** With the rest of the state it has to fit into a cookie, of which browsers keep 4,096 bytes. */
    static final int MAX_MEMO = 2_000;

    private static final int SECRET_LENGTH = 43; // 258 bits, the least that a verifier has. Source: RFC 7636, 4.1
    private static final String SEPARATOR = "\n";
    private static final int PARTS = 5;

    /** What a person logs in for. */
    enum Purpose {
        /** A node registers. */
        REGISTER("register"),
        /** An SSH session is checked. */
        CHECK("check"),
        /** A page of another feature. */
        PAGE("page");

        private final String word;

        Purpose(String word) {
            this.word = word;
        }

        private static Purpose of(String word) {
            return Arrays.stream(values())
                    .filter(purpose -> purpose.word.equals(word))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("a sealed state for another purpose"));
        }
    }

    static LoginState begin(Purpose purpose, String about, Instant expires, RandomGenerator random) {
        if (about.length() > MAX_MEMO || about.contains(SEPARATOR)) {
            throw new IllegalArgumentException("what a login remembers: one line of at most " + MAX_MEMO);
        }
        return new LoginState(
                purpose,
                about,
                RandomText.base64Url(random, SECRET_LENGTH),
                RandomText.base64Url(random, SECRET_LENGTH),
                expires);
    }

    /** The login that waits. */
    AuthId authId() {
        return AuthId.parse(about);
    }

    String seal(Sealer sealer) {
        return sealer.sealText(
                String.join(SEPARATOR, about, nonce, verifier, purpose.word, Long.toString(expires.getEpochSecond())));
    }

    /** Empty when no instance of this tailnet has sealed it. */
    static Optional<LoginState> open(String sealed, Sealer sealer) {
        return sealer.openText(sealed).map(text -> {
            String[] parts = text.split(SEPARATOR, -1);
            if (parts.length != PARTS) {
                throw new IllegalStateException("a sealed state has " + parts.length + " parts");
            }
            return new LoginState(
                    Purpose.of(parts[3]),
                    parts[0],
                    parts[1],
                    parts[2],
                    Instant.ofEpochSecond(Long.parseLong(parts[4])));
        });
    }

    @Override
    public String toString() {
        return "LoginState[" + purpose + "]";
    }
}
