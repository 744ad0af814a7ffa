package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.ServiceCapabilities;
import io.fleetscale.control.vipservice.VipService;
import java.util.List;

/**
 * A service and whom the policy lets reach it.
 *
 * @param details as JSON, for those whom it lets
 * @param sources of the rules that lead to one of its addresses
 */
record ReachableService(VipService service, String details, List<SourceExpr> sources) {
    ReachableService {
        sources = List.copyOf(sources);
    }

    static ReachableService of(VipService service, List<SourceExpr> sources) {
        return new ReachableService(service, ServiceCapabilities.details(service), sources);
    }

    /** Whether members of the class may send to it. */
    boolean isOpenTo(NodeClass members) {
        return sources.stream().anyMatch(source -> members.ownAddresses(source) != 0);
    }
}
