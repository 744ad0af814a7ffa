package io.fleetscale.control.session;

import com.google.protobuf.ByteString;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.PingRequest;
import java.time.Duration;

/** How requests to clients reach the instance that holds the session, and answers the instance that waits. Never blocks. */
public interface PingExchange {
    /** Hears of all requests and answers, those of this instance included; must only enqueue. */
    interface Listener {
        void requested(NodeId node, PingRequest request);

        void answered(String token, MachineKey machineKey, ByteString body);
    }

    void listen(Listener listener);

    /** @param life how long anybody waits for the answer */
    void request(String token, NodeId node, PingRequest request, Duration life);

    /**
     * An answer that nobody here waits for.
     *
     * @return false if it cannot be handed on
     */
    boolean answer(String token, MachineKey machineKey, ByteString body);
}
