@NullMarked
package io.fleetscale.control.oauthapp;

import org.jspecify.annotations.NullMarked;
