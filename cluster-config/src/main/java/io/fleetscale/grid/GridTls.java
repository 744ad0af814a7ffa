package io.fleetscale.grid;

import java.nio.file.Path;

/**
 * Material for mutual TLS 1.3 between instances, as PEM files that are read at every start of the grid.
 *
 * <p>Whoever holds a certificate of {@code trustedCertificates} is a member: names are not compared, so the authority must issue
 * for this grid only.
 */
public record GridTls(Path certificateChain, Path privateKey, Path trustedCertificates) {}
