/** Addresses of nodes out of the configured prefixes. Starting points: {@code AddressSettings}, {@code AddressPool}. */
@NullMarked
package io.fleetscale.control.address;

import org.jspecify.annotations.NullMarked;
