package io.fleetscale.control.debug;

import com.google.protobuf.ByteString;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.api.headscale.NodePresenceView;
import io.fleetscale.control.login.PendingLogins;
import io.fleetscale.control.netmap.NetmapState;
import io.fleetscale.control.session.Pings;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.runtime.metrics.MonitoringReply;
import io.fleetscale.runtime.metrics.MonitoringRoute;
import io.fleetscale.runtime.metrics.MonitoringServer;
import io.netty.handler.codec.http.HttpMethod;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The pages under {@code /debug/}. Thread-safe; pages are made on virtual threads. */
public final class DebugPages {
    private static final String PING_FORM = """
            <!DOCTYPE html><meta charset="utf-8"><title>Ping</title>
            <form>Number, address or name of a node: <input name="node" autofocus> <button>Ping</button></form>
            """;
    private static final Duration PING_LIMIT = Duration.ofSeconds(30);
    private static final ObjectMapper READABLE =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final ServerConfig config;
    private final DebugFacts facts;
    private final Pings pings;
    private final DebugAccess access;
    private final Map<String, String> index = new LinkedHashMap<>();

    /** @param attached whether a node's map stream ends at this instance */
    public DebugPages(
            ServerConfig config,
            Supplier<NetmapState> state,
            NodePresenceView presences,
            Predicate<NodeId> attached,
            PendingLogins logins,
            Pings pings,
            InstantSource clock) {
        this(config, new DebugFacts(config, state, presences, attached, logins, clock), pings, DebugAccess.ofProcess());
    }

    DebugPages(ServerConfig config, DebugFacts facts, Pings pings, DebugAccess access) {
        this.config = config;
        this.facts = facts;
        this.pings = pings;
        this.access = access;
    }

    public void register(MonitoringServer server) {
        page(server, "overview", "nodes, users, policy and relays in numbers", facts::overview);
        page(server, "config", "the configuration in force, without secrets", () -> ConfigDump.of(config));
        page(server, "filter", "the rules of all packet filters", facts::filter);
        page(server, "ssh", "the SSH rules of each node", facts::ssh);
        page(server, "derp", "the map of relays", facts::derp);
        page(server, "nodestore", "each node as it is stored", facts::nodeStore);
        page(server, "registration-cache", "logins that wait", facts::registrationCache);
        page(server, "routes", "routes that are served, and by whom", facts::routes);
        page(server, "policy-manager", "classes of nodes that see the same", facts::policyManager);
        page(server, "batcher", "map streams of this instance", facts::batcher);
        guarded(server, "policy", "the policy's text", this::policy);
        guarded(
                server,
                "mapresponses",
                "dumped map messages",
                request -> MonitoringReply.text(200, "HEADSCALE_DEBUG_DUMP_MAPRESPONSE_PATH not set\n"));
        guarded(server, "ping", "?node= asks a client to answer", this::ping);
        server.route(HttpMethod.GET, "/debug/", request -> access.permits(request) ? indexPage() : denied());
    }

    private void page(MonitoringServer server, String name, String what, Supplier<?> content) {
        guarded(server, name, what, request -> {
            Object tree = content.get();
            return request.prefersJson()
                    ? MonitoringReply.json(200, tree)
                    : new MonitoringReply(
                            200, "text/plain; charset=utf-8", ByteString.copyFrom(READABLE.writeValueAsBytes(tree)));
        });
    }

    private void guarded(MonitoringServer server, String name, String what, MonitoringRoute page) {
        index.put(name, what);
        server.route(
                HttpMethod.GET, "/debug/" + name, request -> access.permits(request) ? page.answer(request) : denied());
    }

    private static MonitoringReply denied() {
        return MonitoringReply.text(403, "debug access denied\n");
    }

    private MonitoringReply indexPage() {
        String links = index.entrySet().stream()
                .map(page -> "<li><a href=\"/debug/" + page.getKey() + "\">" + page.getKey() + "</a>: "
                        + page.getValue() + "</li>")
                .collect(Collectors.joining("\n", "<ul>\n", "\n</ul>"));
        return new MonitoringReply(
                200,
                "text/html; charset=utf-8",
                ByteString.copyFromUtf8(
                        "<!DOCTYPE html><meta charset=\"utf-8\"><title>Fleetscale</title>\n" + links + "\n"));
    }

    private MonitoringReply policy(MonitoringRoute.Request request) {
        Optional<Policy> policy = facts.image().policy();
        return new MonitoringReply(
                200,
                request.prefersJson() ? "application/json" : "text/plain; charset=utf-8",
                ByteString.copyFromUtf8(policy.map(Policy::text).orElse("")));
    }

    private MonitoringReply ping(MonitoringRoute.Request request) {
        String wanted = request.query().getOrDefault("node", "");
        if (wanted.isEmpty()) {
            return new MonitoringReply(200, "text/html; charset=utf-8", ByteString.copyFromUtf8(PING_FORM));
        }
        Optional<Node> node = find(wanted);
        if (node.isEmpty()) {
            return MonitoringReply.text(404, "no such node\n");
        }
        long startNanos = System.nanoTime();
        try {
            pings.ping(node.get(), PING_LIMIT).join();
        } catch (CompletionException failed) {
            String why = failed.getCause() instanceof ControlException refused ? refused.detail() : "it failed";
            return MonitoringReply.text(504, why + "\n");
        }
        long millis = Duration.ofNanos(System.nanoTime() - startNanos).toMillis();
        return MonitoringReply.text(
                200, "node " + node.get().id() + " (" + node.get().givenName() + ") answered in " + millis + " ms\n");
    }

    /** By number, address, host name or given name. */
    private Optional<Node> find(String text) {
        TailnetImage image = facts.image();
        for (Node node : image.nodes().values()) {
            if (node.id().toString().equals(text)
                    || node.givenName().equals(text)
                    || node.hostname().equals(text)
                    || node.addresses().stream()
                            .anyMatch(address -> address.toString().equals(text))) {
                return Optional.of(node);
            }
        }
        return Optional.empty();
    }
}
