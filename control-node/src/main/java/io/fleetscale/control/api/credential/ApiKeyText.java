package io.fleetscale.control.api.credential;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parts of an API key as it is shown: {@code hskey-api-<12>-<64>}, or the older {@code <7>.<secret>}. Split by fixed
 * offsets, because the alphabet contains the separator. Source: headscale-surface 6.2.
 */
record ApiKeyText(String prefix, String secret) {
    static final String MARKER = "hskey-api-";
    private static final int PREFIX_LENGTH = 12;
    private static final int SECRET_LENGTH = 64;
    /** Of older releases; both are in use. Source: tale/headplane #413. */
    private static final Set<Integer> OLD_PREFIX_LENGTHS = Set.of(7, 10);

    private static final int MAX_OLD_SECRET_LENGTH = 256;

    /** The parts, or null when the text is no API key; a known marker is never tried as another kind. */
    static @Nullable ApiKeyText parse(String text) {
        if (text.startsWith(MARKER)) {
            int dash = MARKER.length() + PREFIX_LENGTH;
            boolean wellFormed = text.length() == dash + 1 + SECRET_LENGTH && text.charAt(dash) == '-';
            return wellFormed ? new ApiKeyText(text.substring(MARKER.length(), dash), text.substring(dash + 1)) : null;
        }
        int dot = text.indexOf('.');
        boolean old = OLD_PREFIX_LENGTHS.contains(dot)
                && text.lastIndexOf('.') == dot
                && text.length() > dot + 1
                && text.length() <= dot + 1 + MAX_OLD_SECRET_LENGTH;
        return old ? new ApiKeyText(text.substring(0, dot), text.substring(dot + 1)) : null;
    }

    @Override
    public String toString() {
        return "ApiKeyText[" + prefix + "]";
    }
}
