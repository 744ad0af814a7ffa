package io.fleetscale.control.api.registry;

/** What a caller may show to prove who it is. Source: api-families 4.1. */
public enum CredentialKind {
    /** {@code hskey-api-<12>-<64>} or the older {@code <7>.<secret>}. */
    HEADSCALE_API_KEY,
    /** {@code tskey-api-...} of a person. */
    TAILSCALE_ACCESS_TOKEN,
    /** {@code tskey-api-...} that a trust credential minted. */
    OAUTH_ACCESS_TOKEN,
    /** A connection through the unix socket; the file mode is the boundary. */
    LOCAL_SOCKET
}
