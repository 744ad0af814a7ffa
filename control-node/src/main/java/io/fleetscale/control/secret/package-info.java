/** Secrets of the server and how others' secrets are kept. Starting point: {@code SecretMac}. */
@NullMarked
package io.fleetscale.control.secret;

import org.jspecify.annotations.NullMarked;
