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

    private static final Pattern HEADSCALE_KEY = Pattern.compile("(hskey-[a-z]+-)([A-Za-z0-9_]{12}-)?[A-Za-z0-9_-]+");
    private static final Pattern PRIVATE_KEY = Pattern.compile("(privkey:)[0-9a-fA-F]+");
    private static final Pattern TAILSCALE_KEY = Pattern.compile("(tskey-)[A-Za-z0-9_-]+");

    private SecretFilter() {}

    static String mask(String text) {
        if (!text.contains(COMMON)) {
            return text;
        }
        String masked = HEADSCALE_KEY
                .matcher(text)
                .replaceAll(match -> match.group(1) + (match.group(2) == null ? "" : match.group(2)) + MASK);
        masked = PRIVATE_KEY.matcher(masked).replaceAll("$1" + MASK);
        return TAILSCALE_KEY.matcher(masked).replaceAll("$1" + MASK);
    }
}
