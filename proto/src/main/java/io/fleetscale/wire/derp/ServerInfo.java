package io.fleetscale.wire.derp;

import java.nio.charset.StandardCharsets;

/**
 * What a relay tells an admitted node: its version and the rate above which the node throttles itself.
 *
 * @param bucketBytesPerSecond 0 = no limit, and then nothing is said about it
 * @param bucketBurstBytes at least {@value #MIN_BURST_BYTES} with a limit, or the largest packet could never be sent
 */
public record ServerInfo(int version, int bucketBytesPerSecond, int bucketBurstBytes) {
    /** Header, destination key and largest packet. */
    public static final int MIN_BURST_BYTES = DerpLimits.HEADER_BYTES + DerpLimits.MAX_SEND_PACKET_BYTES;

    public static final ServerInfo UNLIMITED = new ServerInfo(DerpLimits.PROTOCOL_VERSION, 0, 0);

    public ServerInfo {
        if (bucketBytesPerSecond < 0 || (bucketBytesPerSecond > 0 && bucketBurstBytes < MIN_BURST_BYTES)) {
            throw new IllegalArgumentException("token bucket of " + bucketBytesPerSecond + " bytes/s with a burst of "
                    + bucketBurstBytes + " bytes: the burst must be at least " + MIN_BURST_BYTES);
        }
    }

    /** Zero values are left out. */
    public byte[] toJson() {
        String bucket = bucketBytesPerSecond == 0
                ? ""
                : ",\"TokenBucketBytesPerSecond\":" + bucketBytesPerSecond + ",\"TokenBucketBytesBurst\":"
                        + bucketBurstBytes;
        return ("{\"version\":" + version + bucket + "}").getBytes(StandardCharsets.US_ASCII);
    }
}
