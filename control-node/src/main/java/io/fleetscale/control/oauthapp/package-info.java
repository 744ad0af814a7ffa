/**
 * OAuth apps: programs that a person lets provision one device, with the attributes that the app may give. Starting point:
 * {@link io.fleetscale.control.oauthapp.OAuthApps}. Source: tailscale-api-v2 8.14.
 */
@NullMarked
package io.fleetscale.control.oauthapp;

import org.jspecify.annotations.NullMarked;
