package io.fleetscale.runtime.acme;

import java.time.Instant;

/**
 * What the authority asks for while it checks a name.
 *
 * @param token names the challenge in {@code /.well-known/acme-challenge/<token>}
 * @param identifier host name that is checked
 * @param authorization the text to answer; for TLS-ALPN-01 its digest is in the certificate
 */
public record PendingChallenge(String token, String identifier, String authorization, Instant expires) {}
