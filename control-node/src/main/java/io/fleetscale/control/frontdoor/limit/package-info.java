/**
 * What one source address, and later one machine key, may do: token buckets and connection counts in bounded caches.
 */
@NullMarked
package io.fleetscale.control.frontdoor.limit;

import org.jspecify.annotations.NullMarked;
