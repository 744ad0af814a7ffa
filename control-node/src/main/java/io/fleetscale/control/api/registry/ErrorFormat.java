package io.fleetscale.control.api.registry;

/** How a family words its errors. Source: api-families 5. */
public enum ErrorFormat {
    PLAIN_TEXT,
    HEADSCALE,
    TAILSCALE,
    GATEWAY,
    REMOTE_MANAGEMENT
}
