package io.fleetscale.control.frontdoor.limit;

import java.time.Duration;

/**
 * The numbers that the front door enforces.
 *
 * @param connections open connections in all
 * @param sourceConnections connections of one source address that have not proven a machine key
 * @param sourceHandshakes Noise handshakes of one source address
 * @param sourceRequests HTTP requests of one source address
 * @param machineConnections Noise connections of one machine key
 * @param machineRequests requests of one machine key
 * @param headTimeout from the first byte to the end of a request's head, TLS included
 * @param bodyTimeout from the head to the end of the body
 * @param idleTimeout between two requests of one connection
 * @param noiseIdleTimeout a Noise connection without a stream
 * @param stallTimeout a peer that takes nothing of what waits for it
 * @param headBytes request line and headers; also the header list of a Noise RPC
 * @param rpcBodyBytes body of one Noise RPC
 * @param bodyBytesInFlight request bodies held at one time, all connections together
 * @param concurrentRequests handlers at work at one time
 * @param waitingHandshakes handshakes that may wait for a thread
 */
public record Limits(
        int connections,
        int sourceConnections,
        Rate sourceHandshakes,
        Rate sourceRequests,
        int machineConnections,
        Rate machineRequests,
        Duration headTimeout,
        Duration bodyTimeout,
        Duration idleTimeout,
        Duration noiseIdleTimeout,
        Duration stallTimeout,
        int headBytes,
        int rpcBodyBytes,
        long bodyBytesInFlight,
        int concurrentRequests,
        int waitingHandshakes) {
    /** Room for some thousand nodes behind one address that come back at once. */
    public static final Limits DEFAULT = new Limits(
            200_000,
            2_048,
            new Rate(500, 4_096),
            new Rate(500, 8_192),
            16,
            new Rate(50, 500),
            Duration.ofSeconds(15),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ofMinutes(10),
            Duration.ofSeconds(60),
            16 * 1024,
            1024 * 1024,
            256L * 1024 * 1024,
            1_024,
            4_096);
}
