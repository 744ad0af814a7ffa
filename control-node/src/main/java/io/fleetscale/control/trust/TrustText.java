package io.fleetscale.control.trust;

import io.fleetscale.control.secret.RandomText;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The text of a credential: {@code tskey-<kind>-<id>-<secret>}, exactly four parts between dashes, because programs take the
 * third as the identifier. Source: tailscale-api-v2 6.5.
 */
public record TrustText(String id, String secret) {
    public static final String ACCESS = "tskey-api-";
    public static final String CLIENT = "tskey-client-";
    public static final String AUTH = "tskey-auth-";
    private static final int ID_RANDOM = 10;
    /** 190 bits. */
    private static final int SECRET_LENGTH = 32;

    private static final int MAX_LENGTH = 256;

    /** A new identifier, {@code k<10>CNTRL}. */
    public static String newId(RandomGenerator random) {
        return "k" + RandomText.alphanumeric(random, ID_RANDOM) + "CNTRL";
    }

    public static TrustText next(RandomGenerator random) {
        return new TrustText(newId(random), RandomText.alphanumeric(random, SECRET_LENGTH));
    }

    /** The parts, or null when the text has another form. */
    public static @Nullable TrustText parse(String marker, String text) {
        if (!text.startsWith(marker) || text.length() > MAX_LENGTH) {
            return null;
        }
        int dash = text.indexOf('-', marker.length());
        boolean wellFormed = dash > marker.length() && dash + 1 < text.length() && text.indexOf('-', dash + 1) < 0;
        return wellFormed ? new TrustText(text.substring(marker.length(), dash), text.substring(dash + 1)) : null;
    }

    /** The whole credential; shown once, to whoever made it. */
    public String reveal(String marker) {
        return marker + id + "-" + secret;
    }

    @Override
    public String toString() {
        return "TrustText[" + id + "]";
    }
}
