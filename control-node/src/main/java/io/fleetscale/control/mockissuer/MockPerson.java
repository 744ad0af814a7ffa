package io.fleetscale.control.mockissuer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Somebody whom the issuer lets in. */
public record MockPerson(
        String subject,
        String email,
        boolean emailVerified,
        String preferredUsername,
        String phone,
        List<String> groups) {
    /** Who comes when nobody is left on the list. */
    static final MockPerson ANYBODY =
            new MockPerson("anybody", "anybody@example.com", true, "anybody", "", List.of("everybody"));

    public MockPerson {
        groups = List.copyOf(groups);
    }

    /** What a client is told that asked for these scopes. */
    Map<String, Object> claims(Set<String> scopes) {
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("sub", subject);
        if (scopes.contains("email")) {
            claims.put("email", email);
            claims.put("email_verified", emailVerified);
        }
        if (scopes.contains("profile")) {
            claims.put("preferred_username", preferredUsername);
            claims.put("phone_number", phone);
        }
        if (scopes.contains("profile") || scopes.contains("groups")) {
            claims.put("groups", groups);
        }
        return claims;
    }
}
