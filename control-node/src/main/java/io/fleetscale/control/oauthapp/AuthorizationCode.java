package io.fleetscale.control.oauthapp;

import io.fleetscale.control.tailnet.ResourceKind;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A person's consent, until the app redeems it.
 *
 * @param mac of the code's secret part, hex
 * @param challenge S256 of the verifier that the app shows with the code; absent or empty: none
 */
record AuthorizationCode(
        String app,
        String redirectUri,
        long userId,
        String mac,
        @Nullable String challenge,
        Instant expires) {
    static final ResourceKind<AuthorizationCode> KIND = ResourceKind.of("auth-code", AuthorizationCode.class);

    /** Source: RFC 7636 4.6. */
    boolean acceptsVerifier(String verifier) {
        String expected = challenge;
        if (expected == null || expected.isEmpty()) {
            return true;
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            String shown = Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
            return MessageDigest.isEqual(
                    shown.getBytes(StandardCharsets.US_ASCII), expected.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "AuthorizationCode[" + app + "]";
    }
}
