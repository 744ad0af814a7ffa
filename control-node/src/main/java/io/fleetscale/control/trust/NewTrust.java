package io.fleetscale.control.trust;

import java.util.List;
import java.util.Map;

/**
 * What a trust credential shall be.
 *
 * @param issuer to {@code claimRules}: of federated identities; empty for OAuth clients
 * @param audience empty: one is made
 */
public record NewTrust(
        Credential.Type type,
        long userId,
        String description,
        List<String> scopes,
        List<String> tags,
        String issuer,
        String subject,
        String audience,
        Map<String, String> claimRules) {
    public NewTrust {
        scopes = List.copyOf(scopes);
        tags = List.copyOf(tags);
        claimRules = Map.copyOf(claimRules);
    }
}
