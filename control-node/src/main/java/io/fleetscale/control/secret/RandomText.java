package io.fleetscale.control.secret;

import java.util.random.RandomGenerator;

/** Random texts of the base64url alphabet: 6 bits each. Source: headscale-surface 6.2. */
public final class RandomText {
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private RandomText() {}

    /** @param random a secure source where the text is to be a secret */
    public static String base64Url(RandomGenerator random, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return text.toString();
    }
}
