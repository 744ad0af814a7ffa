package io.fleetscale.control.frontdoor.noise;

import io.fleetscale.control.frontdoor.http.PathTable;
import io.fleetscale.wire.key.MachineKey;
import java.util.function.Function;

/** The procedures inside Noise by method and pattern (see {@link PathTable}). Filled at start, then only read. */
public final class NoiseRoutes {
    private final PathTable<NoiseRpc> table = new PathTable<>();
    private Function<MachineKey, String> names = machine -> "";

    /** @throws IllegalStateException if the same method and pattern are there already */
    public NoiseRoutes add(String method, String pattern, NoiseRpc rpc) {
        table.add(method, pattern, rpc);
        return this;
    }

    /** @param known the names of a machine's nodes, for people who look for it; empty for none. Must not block */
    public NoiseRoutes naming(Function<MachineKey, String> known) {
        names = known;
        return this;
    }

    String nameOf(MachineKey machine) {
        return names.apply(machine);
    }

    PathTable.Match<NoiseRpc> match(String method, String path) {
        return table.match(method, path);
    }
}
