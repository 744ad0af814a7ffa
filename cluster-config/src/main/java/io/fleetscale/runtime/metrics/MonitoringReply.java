package io.fleetscale.runtime.metrics;

import com.google.protobuf.ByteString;
import tools.jackson.databind.json.JsonMapper;

/** What the {@link MonitoringServer} answers. */
public record MonitoringReply(int status, String contentType, ByteString body) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    public static MonitoringReply text(int status, String text) {
        return new MonitoringReply(status, "text/plain; charset=utf-8", ByteString.copyFromUtf8(text));
    }

    /** Anything that Jackson can write: records, maps, lists. */
    public static MonitoringReply json(int status, Object value) {
        return new MonitoringReply(status, "application/json", ByteString.copyFrom(JSON.writeValueAsBytes(value)));
    }
}
