package io.fleetscale.control.frontdoor.page;

import io.fleetscale.wire.ip.IpAddress;
import java.util.List;
import java.util.Map;

/** Names and addresses that {@code GET /bootstrap-dns} gives to clients without DNS. Runs on a virtual thread. */
@FunctionalInterface
public interface BootstrapNames {
    Map<String, List<IpAddress>> addresses();
}
