package io.fleetscale.relay.metrics;

import io.micrometer.core.instrument.Tags;

/** What is counted on event loops. The name and tags are those of the upstream relay's monitoring page. */
public enum Counter {
    ACCEPTS("derp_accepts"),
    WEBSOCKET_ACCEPTS("derp_websocket_accepts"),
    BYTES_RECEIVED("derp_bytes_received"),
    BYTES_SENT("derp_bytes_sent"),
    PACKETS_RECEIVED("derp_packets_received"),
    PACKETS_RECEIVED_DISCO("derp_packets_received_kind", "kind", "disco"),
    PACKETS_RECEIVED_OTHER("derp_packets_received_kind", "kind", "other"),
    PACKETS_SENT("derp_packets_sent"),
    PACKETS_FORWARDED_OUT("derp_packets_forwarded_out"),
    PACKETS_FORWARDED_IN("derp_packets_forwarded_in"),
    MULTIFORWARDER_CREATED("derp_multiforwarder_created"),
    MULTIFORWARDER_DELETED("derp_multiforwarder_deleted"),
    PEER_GONE_DISCONNECTED("derp_peer_gone_disconnected_frames"),
    PEER_GONE_NOT_HERE("derp_peer_gone_not_here_frames"),
    GOT_PING("derp_got_ping"),
    SENT_PONG("derp_sent_pong"),
    HOME_MOVES_IN("derp_home_moves_in"),
    HOME_MOVES_OUT("derp_home_moves_out"),
    UNKNOWN_FRAMES("derp_unknown_frames"),
    WRITE_TIMEOUTS("derp_sclient_write_timeouts"),
    RATE_LIMIT_WAITED("derp_rate_limit_per_client_waited"),
    PROTOCOL_ERRORS("fleetscale_relay_refused", "reason", "protocol"),
    MESH_LINKS_OPENED("fleetscale_relay_mesh_links", "event", "opened"),
    MESH_LINKS_CLOSED("fleetscale_relay_mesh_links", "event", "closed"),
    MADE_ROOM("fleetscale_relay_refused", "reason", "made_room"),
    BAD_PROXY_HEADERS("fleetscale_relay_refused", "reason", "proxy_header"),
    HANDSHAKE_TIMEOUTS("fleetscale_relay_refused", "reason", "handshake_timeout"),
    ADMISSION_REFUSALS("fleetscale_relay_refused", "reason", "admission"),
    ADMISSION_FAILURES("fleetscale_relay_refused", "reason", "admission_failure"),
    HANDSHAKES_SHED("fleetscale_relay_refused", "reason", "handshake_overload"),
    TOO_MANY_CONNECTIONS("fleetscale_relay_refused", "reason", "connection_limit");

    private final String metricName;
    private final String tagName;
    private final String tagValue;

    Counter(String metricName) {
        this(metricName, "", "");
    }

    Counter(String metricName, String tagName, String tagValue) {
        this.metricName = metricName;
        this.tagName = tagName;
        this.tagValue = tagValue;
    }

    String metricName() {
        return metricName;
    }

    Tags tags() {
        return tagName.isEmpty() ? Tags.empty() : Tags.of(tagName, tagValue);
    }
}
