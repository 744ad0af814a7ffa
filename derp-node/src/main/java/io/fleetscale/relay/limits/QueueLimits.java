package io.fleetscale.relay.limits;

import io.fleetscale.wire.derp.DerpLimits;
import java.util.ArrayList;
import java.util.List;

/**
 * How much waits for a slow connection beyond its socket. When a queue is full, its oldest packets are dropped.
 *
 * @param packets packets other than disco, for each connection
 * @param bytes their bytes, for each connection
 * @param discoPackets disco packets, for each connection; they go first
 * @param totalBytes bytes in the queues of all connections; beyond it new packets are dropped
 */
public record QueueLimits(int packets, int bytes, int discoPackets, long totalBytes) {
    /** The upstream prober keeps 30 packets of the largest size in flight and wants every one of them. */
    public static final int MIN_BYTES = 30 * (DerpLimits.HEADER_BYTES + DerpLimits.MAX_SEND_PACKET_BYTES);

    public static final QueueLimits DEFAULT = new QueueLimits(512, 4 << 20, 64, 256L << 20);

    /** All problems, each naming the value and what it must be. */
    public List<String> validate() {
        List<String> problems = new ArrayList<>();
        if (packets < 30) {
            problems.add("packets is " + packets + ": must be at least 30");
        }
        if (bytes < MIN_BYTES) {
            problems.add("bytes is " + bytes + ": must be at least " + MIN_BYTES + ", thirty of the largest packets");
        }
        if (discoPackets < 1) {
            problems.add("discoPackets is " + discoPackets + ": must be at least 1");
        }
        if (totalBytes < bytes) {
            problems.add("totalBytes is " + totalBytes + ": must be at least one connection's " + bytes + " bytes");
        }
        return problems;
    }
}
