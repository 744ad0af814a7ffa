package io.fleetscale.control.tailnet;

import io.fleetscale.wire.key.Bytes32;

/**
 * One part of the configuration that reaches clients and is therefore tailnet state.
 *
 * @param name the feature's name, for example {@code dns}
 * @param sourceDigest SHA-256 of what it was imported from; the singleton imports again when it changes
 * @param json in the form that the feature defines
 */
public record Setting(String name, Bytes32 sourceDigest, String json) {
    public static final String DNS = "dns";
    public static final String DERP_MAP = "derpmap";
    /** Relays that registered by themselves, beside those of the DERP map. */
    public static final String RELAYS = "relays";

    public static final String PREFIXES = "prefixes";
    public static final String NODE_DEFAULTS = "node-defaults";
    /** What the API changed of the DNS; it stands before what the configuration says. */
    public static final String DNS_OVERRIDE = "dns-override";
    /** What the API says of the tailnet as a whole. */
    public static final String TAILNET = "tailnet";
}
