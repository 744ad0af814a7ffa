package io.fleetscale.runtime.logging;

import java.util.regex.Pattern;

/**
 * Masks what looks like key material: the secret part of API and pre-auth keys ({@code hskey-api-<prefix>-<secret>}),
 * private keys ({@code privkey:<hex>}), and Tailscale's own keys ({@code tskey-...}). The prefix of a key stays, because
 * it is what administrators know the key by.
 */
final class SecretFilter {
    private static final String MASK = "***";

    /** Every form below contains this word, so that almost all lines pass without a regular expression. */
    private static final String COMMON = "key";

    /** The part of a key that names it; secret and prefix share an alphabet that contains the dash between them. */
    private static final int PREFIX_LENGTH = 12;

    private static final Pattern HEADSCALE_KEY = Pattern.compile("(hskey-(?:api|auth)-)([A-Za-z0-9_-]+)");
    private static final Pattern PRIVATE_KEY = Pattern.compile("(privkey:)[0-9a-fA-F]+");
    private static final Pattern TAILSCALE_KEY = Pattern.compile("(tskey-)[A-Za-z0-9_-]+");

    private SecretFilter() {}

    static String mask(String text) {
        if (!text.contains(COMMON)) {
            return text;
        }
        String masked = HEADSCALE_KEY.matcher(text).replaceAll(match -> match.group(1) + withoutSecret(match.group(2)));
        masked = PRIVATE_KEY.matcher(masked).replaceAll("$1" + MASK);
        return TAILSCALE_KEY.matcher(masked).replaceAll("$1" + MASK);
    }

    /** Keeps a bare prefix, also one that somebody masked before; what has another shape is masked as a whole. */
    private static String withoutSecret(String body) {
        boolean dashed = body.length() > PREFIX_LENGTH && body.charAt(PREFIX_LENGTH) == '-';
        if (body.length() == PREFIX_LENGTH || dashed && body.length() == PREFIX_LENGTH + 1) {
            return body;
        }
        return dashed ? body.substring(0, PREFIX_LENGTH + 1) + MASK : MASK;
    }
}
