package io.fleetscale.control.api.registry;

/** Whose interface a route belongs to; it decides the credentials and the form of errors. Source: api-families 1. */
public enum ApiFamily {
    /** What Tailscale clients speak. */
    CONTROL_PROTOCOL,
    /** headscale's administration, REST. */
    HEADSCALE,
    /** Tailscale's API v2. */
    TAILSCALE,
    /** Access gateways. */
    GATEWAY,
    /** Remote management. */
    REMOTE_MANAGEMENT,
    /** The console and its own calls. */
    OWN
}
