/**
 * The relay's configuration: how much, how fast, how long. Every record has defaults and reports all its problems at
 * once.
 */
@NullMarked
package io.fleetscale.relay.limits;

import org.jspecify.annotations.NullMarked;
