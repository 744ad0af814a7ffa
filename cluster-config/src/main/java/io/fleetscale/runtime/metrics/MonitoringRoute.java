package io.fleetscale.runtime.metrics;

import io.netty.handler.codec.http.HttpMethod;
import java.net.InetAddress;
import java.util.Map;

/** Answers one path of the {@link MonitoringServer}. Runs on a virtual thread and may wait. */
@FunctionalInterface
public interface MonitoringRoute {
    MonitoringReply answer(Request request) throws Exception;

    /**
     * A request.
     *
     * @param query what stands behind the question mark, decoded; the first value of each name
     * @param headers by lower-case name; the first value of each
     * @param peer who connected; no header changes it
     */
    record Request(
            HttpMethod method, String path, Map<String, String> query, Map<String, String> headers, InetAddress peer) {
        public Request {
            query = Map.copyOf(query);
            headers = Map.copyOf(headers);
        }

        /** Whether the caller would rather have JSON than text. */
        public boolean prefersJson() {
            return headers.getOrDefault("accept", "").contains("application/json");
        }
    }
}
