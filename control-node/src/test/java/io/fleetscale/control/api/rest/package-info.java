@NullMarked
package io.fleetscale.control.api.rest;

import org.jspecify.annotations.NullMarked;
