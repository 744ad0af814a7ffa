package io.fleetscale.control.login;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.secret.RandomText;
import java.util.random.RandomGenerator;

/** Unguessable name of a waiting login, {@code hskey-authreq-<24>}. Source: headscale-surface 1.5, 6.2. */
public record AuthId(String text) {
    public static final String PREFIX = "hskey-authreq-";
    public static final int LENGTH = 38;

    /** @param random a secure source: who knows the id can approve the login */
    public static AuthId next(RandomGenerator random) {
        return new AuthId(PREFIX + RandomText.base64Url(random, LENGTH - PREFIX.length()));
    }

    /** UNKNOWN with headscale's text when the prefix or the length is wrong. */
    public static AuthId parse(String text) {
        if (!text.startsWith(PREFIX)) {
            throw new ControlException(
                    ErrorCode.UNKNOWN, "auth ID has invalid prefix: expected prefix \"" + PREFIX + "\"");
        }
        if (text.length() != LENGTH) {
            throw new ControlException(
                    ErrorCode.UNKNOWN, "auth ID has invalid length: expected " + LENGTH + ", got " + text.length());
        }
        return new AuthId(text);
    }

    /** Whether the text can be one: prefix, length and alphabet. */
    public static boolean isWellFormed(String text) {
        return text.length() == LENGTH
                && text.startsWith(PREFIX)
                && text.chars().allMatch(AuthId::isIdCharacter);
    }

    private static boolean isIdCharacter(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_';
    }

    @Override
    public String toString() {
        return text;
    }
}
