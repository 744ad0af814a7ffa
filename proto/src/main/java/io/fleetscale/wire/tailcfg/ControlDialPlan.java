package io.fleetscale.wire.tailcfg;

import io.fleetscale.wire.ip.IpAddress;
import java.time.Duration;
import java.util.List;

/** Addresses at which clients reach the control server without asking the DNS. Source: control-protocol 6.11. */
public record ControlDialPlan(List<Candidate> candidates) {
    private static final double NANOS_PER_SECOND = 1e9;

    public ControlDialPlan {
        candidates = List.copyOf(candidates);
    }

    /** @param timeout positive: clients take zero as already over */
    public record Candidate(IpAddress address, Duration startDelay, Duration timeout, int priority) {
        public Candidate {
            if (timeout.isNegative() || timeout.isZero()) {
                throw new IllegalArgumentException("dial timeout of " + address + ": " + timeout + " must be positive");
            }
        }

        void write(JsonWriter json) {
            json.beginObject().name("IP").value(address.toString());
            if (!startDelay.isZero()) {
                json.name("DialStartDelaySec").value(startDelay.toNanos() / NANOS_PER_SECOND);
            }
            json.name("DialTimeoutSec").value(timeout.toNanos() / NANOS_PER_SECOND);
            if (priority != 0) {
                json.name("Priority").value(priority);
            }
            json.endObject();
        }
    }

    public void write(JsonWriter json) {
        json.beginObject().objects("Candidates", candidates, Candidate::write).endObject();
    }
}
