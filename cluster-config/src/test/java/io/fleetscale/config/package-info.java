/** Tests of the configuration: every record with its defaults and keys, and the loader as a whole. */
@NullMarked
package io.fleetscale.config;

import org.jspecify.annotations.NullMarked;
