package io.fleetscale.control.relay;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.derpmap.RelayMember;
import io.fleetscale.control.derpmap.RelayMembers;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteHandler;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.wire.key.NodeKey;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What relays ask the control server, with their secret: {@code POST /relay/v1/heartbeat} says who they are and hears who else is
 * in their region, {@code GET /relay/v1/nodes?since=PLACE} waits for changes of the nodes that may use them. Thread-safe.
 */
public final class RelayEndpoint {
    private static final String BEARER = "Bearer ";
    private static final int MAX_HEARTBEAT_BYTES = 8 * 1024;
    private static final Duration WAIT = Duration.ofSeconds(15);
    private static final JsonMapper JSON = new JsonMapper();

    private final RelayTokens tokens;
    private final RelaySightings sightings;
    private final NodeKeyFeed nodes;
    private final Changelog changelog;
    private final MeshSecrets secrets;

    public RelayEndpoint(
            RelayTokens tokens, RelaySightings sightings, NodeKeyFeed nodes, Changelog changelog, SecretMac mac) {
        this.tokens = tokens;
        this.sightings = sightings;
        this.nodes = nodes;
        this.changelog = changelog;
        this.secrets = new MeshSecrets(mac);
    }

    public void register(RouteTable.Builder routes) {
        routes.route("POST", "/relay/v1/heartbeat", MAX_HEARTBEAT_BYTES, withToken(this::heartbeat))
                .get("/relay/v1/nodes", withToken(this::nodes));
    }

    private RouteHandler withToken(RouteHandler handler) {
        return call -> {
            String shown = call.header("Authorization").orElse("");
            if (!shown.startsWith(BEARER) || !tokens.admit(shown.substring(BEARER.length()))) {
                return problem(
                        401,
                        "the relay's token is missing or wrong: relays.token_path names the file of the right one");
            }
            return handler.handle(call);
        };
    }

    private HttpReply heartbeat(HttpCall call) {
        RelayReport report;
        try {
            report = RelayReport.parse(call.bodyText());
        } catch (IllegalArgumentException e) {
            return problem(400, String.valueOf(e.getMessage()));
        }
        String name = report.member().name();
        RelayMembers members = RelayMembers.of(changelog.image());
        boolean taken = sightings
                .alive(name)
                .filter(other ->
                        !other.member().publicKey().equals(report.member().publicKey()))
                .isPresent();
        if (taken) {
            return problem(409, "a relay of this name is alive and has another key: give each relay a name of its own");
        }
        sightings.heartbeat(report);
        return HttpReply.json(200, answer(members, report.member()));
    }

    private String answer(RelayMembers members, RelayMember self) {
        Optional<RelayMember> known = members.find(self.name());
        ObjectNode root = JSON.createObjectNode();
        root.put(
                "state",
                known.map(member -> member.state().name().toLowerCase(Locale.ROOT))
                        .orElse("unknown"));
        ArrayNode peers = root.putArray("peers");
        for (RelayMember member : members.inRegion(self.regionId())) {
            if (!member.name().equals(self.name())) {
                peers.addObject()
                        .put("name", member.name())
                        .put("host", member.hostName())
                        .put("port", member.derpPort())
                        .put("dial", member.ipv4().equals("none") ? "" : member.ipv4())
                        .put("cert_name", member.certName());
            }
        }
        ArrayNode keys = root.putArray("mesh_keys");
        secrets.of(members, self.regionId()).forEach(keys::add);
        return root.toString();
    }

    private HttpReply nodes(HttpCall call) {
        NodeKeyFeed.Page page;
        try {
            page = nodes.since(call.query("since").orElse(""), WAIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return problem(503, "this instance stops: ask another one");
        }
        ObjectNode root = JSON.createObjectNode();
        root.put("place", page.place());
        root.put("all", page.all());
        list(root.putArray("add"), page.added());
        list(root.putArray("remove"), page.removed());
        return HttpReply.json(200, root.toString());
    }

    private static void list(ArrayNode array, List<NodeKey> keys) {
        keys.forEach(key -> array.add(key.raw().toHex()));
    }

    private static HttpReply problem(int status, String text) {
        return HttpReply.json(status, JSON.createObjectNode().put("error", text).toString());
    }
}
