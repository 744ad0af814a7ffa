/** Addresses, prefixes and address:port pairs with the semantics of Go's netip: never a name lookup, never a lenient form. */
@NullMarked
package io.fleetscale.wire.ip;

import org.jspecify.annotations.NullMarked;
