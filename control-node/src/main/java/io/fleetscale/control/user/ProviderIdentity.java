package io.fleetscale.control.user;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A person as an OpenID Connect issuer knows them; texts but issuer and subject may be empty.
 *
 * @param email only if it can be trusted
 * @param groups as the issuer tells them; they replace those of the login before
 */
public record ProviderIdentity(
        String issuer,
        String subject,
        String userName,
        String displayName,
        String email,
        String pictureUrl,
        List<String> groups) {
    /** {@link io.fleetscale.control.tailnet.User#provider} of such users. */
    public static final String PROVIDER = "oidc";

    private static final int MAX_NAME = 255;

    public ProviderIdentity {
        groups = List.copyOf(groups);
    }

    /**
     * What the user is known by: issuer, slash, subject. The issuer is written in one way (blanks, doubled and last slashes
     * go, the scheme is in lower case); the subject is kept as it is, so that no two people share an identifier. Source:
     * headscale-surface 7.4 "User lookup".
     */
    public String identifier() {
        String text = issuer.strip();
        int scheme = text.indexOf("://");
        String start = scheme < 0 ? "" : text.substring(0, scheme).toLowerCase(Locale.ROOT) + "://";
        String rest = scheme < 0 ? text : text.substring(scheme + 3);
        String path = Arrays.stream(rest.split("/", -1))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining("/"));
        return start + path + "/" + subject;
    }

    /** The user name if it will do as one: a letter, then letters, digits and {@code -._}, at most one {@code @}. */
    String validUserName() {
        boolean valid = userName.length() >= 2
                && !userName.endsWith("@")
                && userName.length() <= MAX_NAME
                && Character.isLetter(userName.codePointAt(0))
                && userName.codePoints().filter(c -> c == '@').count() <= 1
                && userName.codePoints().allMatch(c -> Character.isLetterOrDigit(c) || "-._@".indexOf(c) >= 0);
        return valid ? userName : "";
    }
}
