package io.fleetscale.relay.limits;

import io.fleetscale.wire.derp.DerpLimits;
import java.util.List;

/**
 * How fast one connection may send. Beyond the rate the relay stops reading, so that TCP slows the node down and nothing
 * is lost.
 *
 * @param bytesPerSecond payload bytes of all frames; 0 = no limit
 * @param burstBytes bytes that may come at once
 */
public record ReceiveRate(long bytesPerSecond, long burstBytes) {
    public static final ReceiveRate UNLIMITED = new ReceiveRate(0, 0);

    public boolean isUnlimited() {
        return bytesPerSecond == 0;
    }

    /** All problems, each naming the value and what it must be. */
    public List<String> validate() {
        if (bytesPerSecond < 0) {
            return List.of("bytesPerSecond is " + bytesPerSecond + ": must be 0 (no limit) or more");
        }
        if (bytesPerSecond > 0 && burstBytes < DerpLimits.MAX_SEND_PACKET_BYTES) {
            return List.of("burstBytes is " + burstBytes + ": must be at least " + DerpLimits.MAX_SEND_PACKET_BYTES
                    + ", the largest packet");
        }
        return List.of();
    }
}
