package io.fleetscale.control.frontdoor.noise;

import io.fleetscale.control.frontdoor.http.PathTable;

/** The procedures inside Noise by method and pattern (see {@link PathTable}). Filled at start, then only read. */
public final class NoiseRoutes {
    private final PathTable<NoiseRpc> table = new PathTable<>();

    /** @throws IllegalStateException if the same method and pattern are there already */
    public NoiseRoutes add(String method, String pattern, NoiseRpc rpc) {
        table.add(method, pattern, rpc);
        return this;
    }

    PathTable.Match<NoiseRpc> match(String method, String path) {
        return table.match(method, path);
    }
}
