package io.fleetscale.control.frontdoor.page;

import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The routes that need no credential: the server's key, health, version, relay admission, probes and instructions.
 * Immutable, thread-safe.
 */
public final class PublicRoutes {
    /** First capability version whose clients speak Noise. */
    private static final int FIRST_NOISE_VERSION = 39;

    private static final int MAX_VERIFY_BYTES = 4 * 1024;
    private static final int MAX_CHALLENGE = 64;
    private static final String ICON_TAG = "\"fleetscale-1\"";
    private static final JsonMapper JSON = new JsonMapper();

    private final MachineKey serverKey;
    private final HealthProbe health;
    private final BuildInfo build;
    private final NodeAdmission admission;
    private final Optional<BootstrapNames> names;
    private final InstructionPages instructions;
    private final byte[] icon = readIcon();

    /**
     * @param names empty if no relay is embedded: then {@code /bootstrap-dns} and the relay's probes are unknown paths
     * @param serverUrl the address that clients are told
     */
    public PublicRoutes(
            MachineKey serverKey,
            HealthProbe health,
            BuildInfo build,
            NodeAdmission admission,
            Optional<BootstrapNames> names,
            String serverUrl) {
        this.serverKey = serverKey;
        this.health = health;
        this.build = build;
        this.admission = admission;
        this.names = names;
        this.instructions = new InstructionPages(serverUrl);
    }

    public void register(RouteTable.Builder routes) {
        routes.get("/", call -> Html.reply(200, "Fleetscale", ""))
                .get("/key", this::key)
                .get("/health", this::health)
                .get("/version", this::version)
                .route("POST", "/verify", MAX_VERIFY_BYTES, this::verify)
                .get("/generate_204", PublicRoutes::noContent)
                .route("HEAD", "/generate_204", PublicRoutes::noContent)
                .get(
                        "/robots.txt",
                        call -> HttpReply.of(
                                200, "text/plain", "User-agent: *\nDisallow: /".getBytes(StandardCharsets.US_ASCII)))
                .get("/favicon.ico", this::icon)
                .get("/apple", instructions::apple)
                .get("/apple/{platform}", instructions::profile)
                .get("/windows", instructions::windows);
        names.ifPresent(known -> {
            routes.get("/bootstrap-dns", call -> bootstrap(known));
            for (String path : List.of("/derp/probe", "/derp/latency-check")) {
                routes.get(path, PublicRoutes::probe)
                        .route("HEAD", path, PublicRoutes::probe)
                        .route(
                                "*",
                                path,
                                call -> HttpReply.text(405, "bogus probe method\n")
                                        .withHeader("Allow", "GET, HEAD"));
            }
        });
    }

    private HttpReply key(HttpCall call) {
        Optional<String> text = call.query("v");
        if (text.isEmpty() || text.get().isEmpty()) {
            return HttpReply.text(400, "capability version must be set\n");
        }
        int version;
        try {
            version = Integer.parseInt(text.get());
        } catch (NumberFormatException e) {
            return HttpReply.text(400, "invalid capability version\n");
        }
        HttpReply reply = version < FIRST_NOISE_VERSION
                ? HttpReply.empty(200)
                : HttpReply.json(
                        200, "{\"legacyPublicKey\":\"" + MachineKey.ZERO + "\",\"publicKey\":\"" + serverKey + "\"}");
        return reply.withHeader("Cache-Control", "no-store").withHeader("Access-Control-Allow-Origin", "*");
    }

    private HttpReply health(HttpCall call) {
        boolean passes = health.passes();
        return HttpReply.of(
                        passes ? 200 : 500,
                        "application/health+json; charset=utf-8",
                        (passes ? "{\"status\":\"pass\"}\n" : "{\"status\":\"fail\"}\n")
                                .getBytes(StandardCharsets.US_ASCII))
                .withHeader("Cache-Control", "no-store");
    }

    private HttpReply version(HttpCall call) {
        ObjectNode said = JSON.createObjectNode()
                .put("version", build.version())
                .put("commit", build.commit())
                .put("buildTime", build.buildTime());
        // headscale's name for what runs the program; clients with types of their own want it there
        said.putObject("go")
                .put("version", "java" + Runtime.version().feature())
                .put("os", System.getProperty("os.name", "").toLowerCase(Locale.ROOT))
                .put("arch", System.getProperty("os.arch", ""));
        return HttpReply.json(200, JSON.writeValueAsString(said.put("dirty", false)) + "\n");
    }

    private HttpReply verify(HttpCall call) {
        NodeKey node;
        try {
            JsonNode root = JSON.readTree(call.body());
            JsonNode key = root.isObject() ? root.get("NodePublic") : null;
            if (key == null || !key.isString()) {
                return HttpReply.text(400, "Bad Request: invalid JSON\n");
            }
            node = NodeKey.fromText(key.stringValue());
        } catch (JacksonException | IllegalArgumentException e) {
            return HttpReply.text(400, "Bad Request: invalid JSON\n");
        }
        return HttpReply.json(200, "{\"Allow\":" + admission.allows(node) + "}\n");
    }

    private static HttpReply bootstrap(BootstrapNames known) {
        var json = JSON.createObjectNode();
        for (Map.Entry<String, List<IpAddress>> name : known.addresses().entrySet()) {
            var array = json.putArray(name.getKey());
            name.getValue().forEach(address -> array.add(address.toString()));
        }
        return HttpReply.json(200, JSON.writeValueAsString(json));
    }

    private static HttpReply probe(HttpCall call) {
        return HttpReply.empty(200).withHeader("Access-Control-Allow-Origin", "*");
    }

    private static HttpReply noContent(HttpCall call) {
        HttpReply reply = HttpReply.empty(204).withHeader("Cache-Control", "no-store, max-age=0");
        Optional<String> challenge = call.header("X-Tailscale-Challenge").filter(PublicRoutes::isChallenge);
        return challenge.isPresent() ? reply.withHeader("X-Tailscale-Response", "response " + challenge.get()) : reply;
    }

    private static boolean isChallenge(String text) {
        return !text.isEmpty()
                && text.length() <= MAX_CHALLENGE
                && text.chars()
                        .allMatch(c -> c >= 'a' && c <= 'z'
                                || c >= 'A' && c <= 'Z'
                                || c >= '0' && c <= '9'
                                || c == '.'
                                || c == '-'
                                || c == '_'
                                || c == ':');
    }

    private HttpReply icon(HttpCall call) {
        HttpReply reply = call.header("If-None-Match").filter(ICON_TAG::equals).isPresent()
                ? HttpReply.empty(304)
                : HttpReply.of(200, "image/png", icon);
        return reply.withHeader("ETag", ICON_TAG).withHeader("Cache-Control", "public, max-age=86400");
    }

    private static byte[] readIcon() {
        try (InputStream in = PublicRoutes.class.getResourceAsStream("favicon.png")) {
            if (in == null) {
                throw new IllegalStateException("favicon.png is missing from the program");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
