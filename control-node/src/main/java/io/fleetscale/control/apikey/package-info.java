/** Keys to the administration API. Starting point: {@code ApiKeys}. */
@NullMarked
package io.fleetscale.control.apikey;

import org.jspecify.annotations.NullMarked;
