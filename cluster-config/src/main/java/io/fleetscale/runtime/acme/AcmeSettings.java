package io.fleetscale.runtime.acme;

import java.net.URI;
import java.time.Duration;

/**
 * What to order where.
 *
 * @param directory of the ACME server
 * @param email empty = none
 * @param hostname the name of the certificate
 * @param byTls TLS-ALPN-01 on the main listener, otherwise HTTP-01 on a listener of its own
 * @param propagation how long the other instances are given to learn of a challenge before the authority is let loose
 */
public record AcmeSettings(URI directory, String email, String hostname, boolean byTls, Duration propagation) {
    /** Let's Encrypt. */
    public static final URI DEFAULT_DIRECTORY = URI.create("https://acme-v02.api.letsencrypt.org/directory");

    /** Instances look for challenges each two seconds. */
    public static final Duration PROPAGATION = Duration.ofSeconds(5);
}
