/** Tests of the simulated client's parts; the whole of it is tested against the packaged program. */
@NullMarked
package io.fleetscale.loadtest.client;

import org.jspecify.annotations.NullMarked;
