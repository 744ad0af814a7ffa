package io.fleetscale.runtime.metrics;

import io.netty.handler.codec.http.HttpMethod;
import java.util.Map;

/** Answers one path of the {@link MonitoringServer}. Runs on a virtual thread and may wait. */
@FunctionalInterface
public interface MonitoringRoute {
    MonitoringReply answer(Request request) throws Exception;

    /**
     * A request.
     *
     * @param query what stands behind the question mark, decoded; the first value of each name
     */
    record Request(HttpMethod method, String path, Map<String, String> query) {
        public Request {
            query = Map.copyOf(query);
        }
    }
}
