package io.fleetscale.relay.admission;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.NodeKey;
import java.util.concurrent.CompletionStage;

/** Decides whether a node that has proven its key may use the relay. Implementations are thread-safe. */
@FunctionalInterface
public interface Admission {
    /**
     * Asked once for each connection, on a thread that must not be blocked. A stage that fails, or that does not
     * complete within the relay's time limit, refuses.
     *
     * @param source the address that the node connects from
     */
    CompletionStage<Verdict> admit(NodeKey node, IpAddress source);
}
