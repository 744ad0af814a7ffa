package io.fleetscale.control.secret;

import org.jspecify.annotations.Nullable;

/**
 * A credential {@code <marker><12>-<64>}: public prefix and secret, split by fixed offsets because their alphabet contains
 * the separator. Source: headscale-surface 6.2.
 *
 * @param secret never shown
 */
public record CredentialText(String prefix, String secret) {
    public static final String PRE_AUTH_KEY = "hskey-auth-";
    public static final String API_KEY = "hskey-api-";
    public static final int PREFIX_LENGTH = 12;
    public static final int SECRET_LENGTH = 64;

    /** The parts, or null when the text has another form. */
    public static @Nullable CredentialText parse(String marker, String text) {
        int dash = marker.length() + PREFIX_LENGTH;
        boolean wellFormed =
                text.startsWith(marker) && text.length() == dash + 1 + SECRET_LENGTH && text.charAt(dash) == '-';
        return wellFormed ? new CredentialText(text.substring(marker.length(), dash), text.substring(dash + 1)) : null;
    }

    /** The whole credential; shown once, to whoever made it. */
    public String reveal(String marker) {
        return marker + prefix + "-" + secret;
    }

    @Override
    public String toString() {
        return "CredentialText[" + prefix + "]";
    }
}
