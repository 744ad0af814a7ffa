/** Tests of the reader of JSON with commas and comments. */
@NullMarked
package io.fleetscale.control.policy.hujson;

import org.jspecify.annotations.NullMarked;
