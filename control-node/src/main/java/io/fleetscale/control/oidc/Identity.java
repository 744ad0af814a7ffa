package io.fleetscale.control.oidc;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who the issuer says has logged in: the claims of the id token, completed by those of the user-info endpoint. The same
 * claims decide about admission and are stored. Source: OpenID Connect core 5.1, 5.3.2; headscale-surface 7.4.
 *
 * @param subject never changes, in contrast to everything else
 * @param email empty = none told
 * @param emailVerified by the issuer
 * @param groups exactly as told
 * @param tokenExpiry of the id token
 */
record Identity(
        String issuer,
        String subject,
        String name,
        String preferredUsername,
        String email,
        boolean emailVerified,
        String picture,
        List<String> groups,
        @Nullable Instant tokenExpiry) {
    private static final int MAX_TEXT = 1024;
    private static final int MAX_GROUPS = 2_000;

    Identity {
        groups = List.copyOf(groups);
    }

    /**
     * Merges both sources: what user-info tells goes before the token's. Verification belongs to the address: it is never
     * taken from the source that names another one.
     *
     * @param userInfo empty if there is none, or if it speaks of another subject
     */
    static Identity merge(
            String issuer,
            String subject,
            Map<String, Object> token,
            Map<String, Object> userInfo,
            String groupsClaim,
            @Nullable Instant tokenExpiry) {
        String infoEmail = text(userInfo, "email");
        String tokenEmail = text(token, "email");
        String email = infoEmail.isEmpty() ? tokenEmail : infoEmail;
        boolean verified = userInfo.containsKey("email_verified") && speaksOf(infoEmail, email)
                ? isTrue(userInfo.get("email_verified"))
                : speaksOf(tokenEmail, email) && isTrue(token.get("email_verified"));
        return new Identity(
                issuer,
                subject,
                either(userInfo, token, "name"),
                either(userInfo, token, "preferred_username"),
                email,
                verified && !email.isEmpty(),
                either(userInfo, token, "picture"),
                groups(userInfo.get(groupsClaim) == null ? token.get(groupsClaim) : userInfo.get(groupsClaim)),
                tokenExpiry);
    }

    private static boolean speaksOf(String sourceEmail, String email) {
        return sourceEmail.isEmpty() || sourceEmail.equalsIgnoreCase(email);
    }

    private static String either(Map<String, Object> first, Map<String, Object> second, String claim) {
        String text = text(first, claim);
        return text.isEmpty() ? text(second, claim) : text;
    }

    /** Texts that are shown to people: one line, of bounded length. */
    private static String text(Map<String, Object> claims, String name) {
        if (!(claims.get(name) instanceof String text) || text.length() > MAX_TEXT) {
            return "";
        }
        return text.codePoints().anyMatch(Character::isISOControl) ? "" : text.strip();
    }

    private static boolean isTrue(@Nullable Object claim) {
        return Boolean.TRUE.equals(claim) || "true".equals(claim);
    }

    /** A text or a list; what is no text in it is passed over. */
    private static List<String> groups(@Nullable Object claim) {
        if (claim instanceof String one) {
            return one.isEmpty() ? List.of() : List.of(one);
        }
        if (!(claim instanceof List<?> many)) {
            return List.of();
        }
        return many.stream()
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .filter(group -> !group.isEmpty() && group.length() <= MAX_TEXT)
                .distinct()
                .limit(MAX_GROUPS)
                .toList();
    }

    /** Says who, without the claims. */
    @Override
    public String toString() {
        return "Identity[" + subject + " at " + issuer + "]";
    }
}
