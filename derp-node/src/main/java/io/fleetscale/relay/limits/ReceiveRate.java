package io.fleetscale.relay.limits;

import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.derp.ServerInfo;
import java.util.List;

/**
 * How fast one connection may send. Beyond the rate the relay stops reading, so that TCP slows the node down and nothing
 * is lost.
 *
 * @param bytesPerSecond payload bytes of all frames; 0 = no limit
 * @param burstBytes bytes that may come at once
 * @param told whether nodes are told the rate when they connect: then they drop what is beyond it themselves
 */
public record ReceiveRate(long bytesPerSecond, long burstBytes, boolean told) {
    public static final ReceiveRate UNLIMITED = new ReceiveRate(0, 0, false);

    /** A rate that nodes are not told. */
    public ReceiveRate(long bytesPerSecond, long burstBytes) {
        this(bytesPerSecond, burstBytes, false);
    }

    public boolean isUnlimited() {
        return bytesPerSecond == 0;
    }

    /** What a node is told when it connects. */
    public ServerInfo serverInfo() {
        return told && !isUnlimited()
                ? new ServerInfo(
                        DerpLimits.PROTOCOL_VERSION,
                        Math.clamp(bytesPerSecond, 1, Integer.MAX_VALUE),
                        // a node counts the header of a frame too
                        Math.clamp(burstBytes + DerpLimits.HEADER_BYTES, ServerInfo.MIN_BURST_BYTES, Integer.MAX_VALUE))
                : ServerInfo.UNLIMITED;
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
