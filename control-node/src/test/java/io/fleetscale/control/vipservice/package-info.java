/** Tests of services. */
@NullMarked
package io.fleetscale.control.vipservice;

import org.jspecify.annotations.NullMarked;
