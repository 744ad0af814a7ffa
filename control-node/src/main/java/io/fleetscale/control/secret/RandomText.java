package io.fleetscale.control.secret;

import java.util.random.RandomGenerator;

/** Random texts of the base64url alphabet: 6 bits each. Source: headscale-surface 6.2. */
public final class RandomText {
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private RandomText() {}

    /** @param random a secure source where the text is to be a secret */
    public static String base64Url(RandomGenerator random, int length) {
        return text(random, length, ALPHABET.length());
    }

    /** Letters and digits only. */
    public static String alphanumeric(RandomGenerator random, int length) {
        return text(random, length, ALPHABET.length() - 2);
    }

    private static String text(RandomGenerator random, int length, int letters) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(ALPHABET.charAt(random.nextInt(letters)));
        }
        return text.toString();
    }
}
