@NullMarked
package io.fleetscale.relay.listener;

import org.jspecify.annotations.NullMarked;
