/** Tests of the packaged program, run as its users run it: processes, real clients, real kills. */
@NullMarked
package io.fleetscale.deploy;

import org.jspecify.annotations.NullMarked;
