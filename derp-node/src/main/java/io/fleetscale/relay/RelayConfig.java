package io.fleetscale.relay;

import io.fleetscale.relay.limits.ConnectionLimits;
import io.fleetscale.relay.limits.QueueLimits;
import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.relay.limits.RelayTimers;
import io.fleetscale.wire.derp.BoxKeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a relay is created with.
 *
 * @param identity the relay's key pair: stable for one relay, different for each; see {@link RelayIdentity}
 */
public record RelayConfig(
        BoxKeyPair identity,
        ConnectionLimits connections,
        QueueLimits queues,
        ReceiveRate receiveRate,
        RelayTimers timers) {
    public static RelayConfig withDefaults(BoxKeyPair identity) {
        return new RelayConfig(
                identity, ConnectionLimits.DEFAULT, QueueLimits.DEFAULT, ReceiveRate.UNLIMITED, RelayTimers.DEFAULT);
    }

    public RelayConfig withDrainWindow(Duration window) {
        return new RelayConfig(identity, connections, queues, receiveRate, timers.withDrainWindow(window));
    }

    public RelayConfig withReceiveRate(ReceiveRate rate) {
        return new RelayConfig(identity, connections, queues, rate, timers);
    }

    /** All problems, each naming the value, what it is and what it must be; empty when there is none. */
    public List<String> validate() {
        List<String> problems = new ArrayList<>();
        problems.addAll(connections.validate());
        problems.addAll(queues.validate());
        problems.addAll(receiveRate.validate());
        problems.addAll(timers.validate());
        return List.copyOf(problems);
    }
}
