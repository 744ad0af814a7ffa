package io.fleetscale.relay.program;

import io.fleetscale.relay.DerpRelay;
import io.fleetscale.relay.routing.Presence;
import io.fleetscale.runtime.metrics.MonitoringReply;
import io.fleetscale.runtime.metrics.MonitoringRoute;
import io.fleetscale.runtime.metrics.MonitoringServer;
import io.fleetscale.wire.derp.PresenceFlags;
import io.fleetscale.wire.key.NodeKey;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Pages about the running relay, on the listener of metrics. They hold addresses of nodes, so only this machine gets them, and
 * nobody through a proxy. Source of the rule: tailscale tsweb, AllowDebugAccess. Thread-safe.
 */
final class DebugPages {
    private static final String INDEX = """
            /debug/connections  who is connected: node key, address, what it is (?limit=N, at most 100000)
            /metrics            everything that is counted
            """;

    private static final int FORBIDDEN = 403;
    private static final int OK = 200;
    private static final int LIMIT = 1_000;
    private static final int MOST = 100_000;

    private final DerpRelay relay;

    DebugPages(DerpRelay relay) {
        this.relay = relay;
    }

    void addTo(MonitoringServer server) {
        server.route(HttpMethod.GET, "/debug/", guarded(request -> MonitoringReply.text(OK, INDEX)));
        server.route(
                HttpMethod.GET,
                "/debug/connections",
                guarded(request ->
                        MonitoringReply.json(OK, connections(request.query().getOrDefault("limit", "")))));
    }

    private static MonitoringRoute guarded(MonitoringRoute page) {
        return request ->
                request.peer().isLoopbackAddress() && !request.headers().containsKey("x-forwarded-for")
                        ? page.answer(request)
                        : MonitoringReply.text(FORBIDDEN, "debug pages are for this machine only\n");
    }

    private Map<String, Object> connections(String limit) {
        int most = limit.matches("\\d{1,6}") ? Math.min(Integer.parseInt(limit), MOST) : LIMIT;
        List<Map<String, Object>> shown = new ArrayList<>();
        relay.forEachConnection((node, presence) -> {
            if (shown.size() < most) {
                shown.add(row(node, presence));
            }
        });
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("connections", relay.connections());
        page.put("shown", shown);
        return page;
    }

    private static Map<String, Object> row(NodeKey node, Presence presence) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("node", node.toString());
        row.put("address", presence.address().toString());
        row.put("port", presence.port());
        row.put("relay", (presence.flags() & PresenceFlags.MESH_PEER) != 0);
        row.put("prober", (presence.flags() & PresenceFlags.PROBER) != 0);
        row.put("not_ideal", (presence.flags() & PresenceFlags.NOT_IDEAL) != 0);
        return row;
    }
}
