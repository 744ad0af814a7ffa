package io.fleetscale.control.debug;

import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.api.headscale.NodePresenceView;
import io.fleetscale.control.derpmap.DerpMapSettings;
import io.fleetscale.control.login.PendingLogins;
import io.fleetscale.control.netmap.NetmapState;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.DerpMap;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the debug pages show, as trees for JSON with the member names that headscale's test programs read. Thread-safe.
 * Source: headscale-surface 3.6.
 */
final class DebugFacts {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ServerConfig config;
    private final Supplier<NetmapState> state;
    private final NodePresenceView presences;
    private final Predicate<NodeId> attached;
    private final PendingLogins logins;
    private final InstantSource clock;

    /** @param attached whether a node's map stream ends at this instance */
    DebugFacts(
            ServerConfig config,
            Supplier<NetmapState> state,
            NodePresenceView presences,
            Predicate<NodeId> attached,
            PendingLogins logins,
            InstantSource clock) {
        this.config = config;
        this.state = state;
        this.presences = presences;
        this.attached = attached;
        this.logins = logins;
        this.clock = clock;
    }

    TailnetImage image() {
        return state.get().image();
    }

    private Iterable<Node> nodes() {
        return image().nodes().values();
    }

    private boolean online(Node node) {
        return presences.presence(node.id()).online();
    }

    Map<String, Object> overview() {
        TailnetImage image = image();
        int total = 0;
        int online = 0;
        int expired = 0;
        int ephemeral = 0;
        Map<UserId, Integer> owned = new LinkedHashMap<>();
        for (Node node : image.nodes().values()) {
            total++;
            online += online(node) ? 1 : 0;
            expired += node.isExpiredAt(clock.instant()) ? 1 : 0;
            ephemeral += node.ephemeral() ? 1 : 0;
            UserId owner = node.userId();
            if (owner != null) {
                owned.merge(owner, 1, Integer::sum);
            }
        }
        Map<String, Object> nodes = new LinkedHashMap<>();
        nodes.put("total", total);
        nodes.put("online", online);
        nodes.put("expired", expired);
        nodes.put("ephemeral", ephemeral);
        Map<String, Integer> users = new TreeMap<>();
        for (User user : image.users().values()) {
            users.merge(user.loginName(), owned.getOrDefault(user.id(), 0), Integer::sum);
        }
        Map<String, Object> overview = new LinkedHashMap<>();
        overview.put("nodes", nodes);
        overview.put("users", users);
        overview.put("total_users", image.users().size());
        overview.put(
                "policy",
                Map.of(
                        "mode", config.policy().mode().name().toLowerCase(Locale.ROOT),
                        "path",
                                String.valueOf(
                                        config.policy().path() == null
                                                ? ""
                                                : config.policy().path())));
        DerpMap derp = DerpMapSettings.effective(image);
        overview.put(
                "derp",
                Map.of("configured", !derp.isEmpty(), "regions", derp.regions().size()));
        overview.put("primary_routes", image.primaries().size());
        return overview;
    }

    Map<String, Object> derp() {
        DerpMap map = DerpMapSettings.effective(image());
        Map<String, Object> regions = new LinkedHashMap<>();
        map.regions().forEach((id, region) -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("region_id", id);
            entry.put("region_name", region.name());
            entry.put("nodes", region.nodes().stream().map(DebugFacts::relay).toList());
            regions.put(id.toString(), entry);
        });
        Map<String, Object> derp = new LinkedHashMap<>();
        derp.put("configured", !map.isEmpty());
        derp.put("total_regions", map.regions().size());
        derp.put("regions", regions);
        return derp;
    }

    private static Map<String, Object> relay(DerpMap.Relay relay) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("name", relay.name());
        entry.put("hostname", relay.hostName());
        entry.put("derp_port", relay.derpPort());
        entry.put("stun_port", relay.stunPort());
        return entry;
    }

    Map<String, Object> nodeStore() {
        Map<String, Object> store = new LinkedHashMap<>();
        for (Node node : nodes()) {
            NodePresenceView.Presence presence = presences.presence(node.id());
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("ID", node.id().value());
            entry.put("MachineKey", node.machineKey().toString());
            entry.put("NodeKey", node.nodeKey().toString());
            entry.put("DiscoKey", presence.discoKey().toString());
            entry.put("IPv4", node.ipv4() == null ? null : node.ipv4().toString());
            entry.put("IPv6", node.ipv6() == null ? null : node.ipv6().toString());
            entry.put("Hostname", node.hostname());
            entry.put("GivenName", node.givenName());
            entry.put("UserID", node.userId() == null ? null : node.userId().value());
            entry.put("Tags", node.tags());
            entry.put("Expiry", node.expiry() == null ? null : node.expiry().toString());
            entry.put(
                    "LastSeen",
                    presence.lastSeen() == null ? null : presence.lastSeen().toString());
            entry.put("IsOnline", presence.online());
            entry.put("AnnouncedRoutes", texts(node.advertisedRoutes()));
            entry.put("ApprovedRoutes", texts(node.approvedRoutes()));
            entry.put("CreatedAt", node.createdAt().toString());
            store.put(node.id().toString(), entry);
        }
        return store;
    }

    private static List<String> texts(List<?> values) {
        return values.stream().map(Object::toString).toList();
    }

    Map<String, Object> routes() {
        TailnetImage image = image();
        Map<String, Object> available = new LinkedHashMap<>();
        for (Node node : image.nodes().values()) {
            List<IpPrefix> active = node.advertisedRoutes().stream()
                    .filter(node.approvedRoutes()::contains)
                    .sorted()
                    .toList();
            if (!active.isEmpty() && online(node)) {
                available.put(node.id().toString(), texts(active));
            }
        }
        Map<String, Object> primaries = new TreeMap<>();
        image.primaries().forEach((route, node) -> primaries.put(route.toString(), node.value()));
        Map<String, Object> routes = new LinkedHashMap<>();
        routes.put("available_routes", available);
        routes.put("primary_routes", primaries);
        return routes;
    }

    /** The streams that end at this instance; others are known to theirs. */
    Map<String, Object> batcher() {
        Map<String, Object> connected = new LinkedHashMap<>();
        for (Node node : nodes()) {
            if (attached.test(node.id())) {
                connected.put(node.id().toString(), Map.of("connected", true, "active_connections", 1));
            }
        }
        return Map.of("connected_nodes", connected, "total_nodes", connected.size());
    }

    Map<String, Object> registrationCache() {
        Map<String, Object> cache = new LinkedHashMap<>();
        cache.put("type", "table pending_logins");
        cache.put(
                "expiration",
                config.tuning().registerCacheExpiration().toHours() + "h"
                        + config.tuning().registerCacheExpiration().toMinutesPart() + "m0s");
        cache.put("max_entries", config.tuning().registerCacheMaxEntries());
        cache.put("current_len", logins.waiting().size());
        cache.put("status", "active");
        return cache;
    }

    /** The rules of all nodes' packet filters, each once. */
    JsonNode filter() {
        NetmapState now = state.get();
        Set<FilterRule> rules = new LinkedHashSet<>();
        for (Node node : now.image().nodes().values()) {
            rules.addAll(now.policy().filterOf(node).rules());
        }
        JsonWriter json = new JsonWriter().beginArray();
        rules.forEach(rule -> rule.write(json));
        return JSON.readTree(json.endArray().toBytes());
    }

    Map<String, Object> ssh() {
        NetmapState now = state.get();
        Map<String, Object> policies = new LinkedHashMap<>();
        for (Node node : now.image().nodes().values()) {
            JsonWriter json = new JsonWriter();
            now.policy().sshOf(node).write(json);
            policies.put(
                    "id:" + node.id() + " hostname:" + node.hostname() + " givenname:" + node.givenName(),
                    JSON.readTree(json.toBytes()));
        }
        return policies;
    }

    /** How nodes fall into classes that see the same. */
    Map<String, Object> policyManager() {
        NetmapState now = state.get();
        Map<String, Object> classes = new TreeMap<>();
        for (Node node : now.image().nodes().values()) {
            var id = now.policy().classOf(node);
            classes.computeIfAbsent(
                    id.toString(),
                    unused -> Map.of(
                            "members",
                                    now.policy().membersOf(id).stream()
                                            .map(NodeId::value)
                                            .toList(),
                            "viewers",
                                    now.policy().viewersOf(id).stream()
                                            .map(Object::toString)
                                            .sorted()
                                            .toList()));
        }
        return Map.of("image", now.image().version(), "classes", classes);
    }
}
