package io.fleetscale.control.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the web interfaces of headscale send, in their order, and the members that they read. Source: headscale-surface 9. */
@SuppressWarnings("NullAway.Init")
class WebInterfacesTest {
    private static final InstantSource CLOCK = RestProgram.CLOCK;
    private static final JsonMapper JSON = new JsonMapper();
    private static final String WAITING = RestProgram.WAITING;

    private RestProgram program;

    @BeforeEach
    void start() throws IOException {
        program = new RestProgram();
    }

    @AfterEach
    void stop() {
        program.close();
    }

    private RestResponse send(String method, String target, String body, String type) {
        return program.send(method, target, body, type);
    }

    private JsonNode ok(String method, String target, String body, String type) {
        return program.ok(method, target, body, type);
    }

    private static void assertNode(JsonNode node) {
        assertThat(node.propertyNames())
                .contains(
                        "id",
                        "machineKey",
                        "nodeKey",
                        "discoKey",
                        "ipAddresses",
                        "name",
                        "user",
                        "lastSeen",
                        "expiry",
                        "preAuthKey",
                        "createdAt",
                        "registerMethod",
                        "givenName",
                        "online",
                        "approvedRoutes",
                        "availableRoutes",
                        "subnetRoutes",
                        "tags");
        assertThat(node.path("id").stringValue()).matches("[0-9]+");
        for (String list : List.of("ipAddresses", "approvedRoutes", "availableRoutes", "subnetRoutes", "tags")) {
            assertThat(node.path(list).isArray()).as(list).isTrue();
        }
        assertThat(node.at("/user/name").isString()).isTrue();
        assertThat(node.path("online").isBoolean()).isTrue();
        assertThat(node.path("registerMethod").stringValue()).startsWith("REGISTER_METHOD_");
        assertThat(Instant.parse(node.path("createdAt").stringValue())).isEqualTo(CLOCK.instant());
    }

    @Test
    void headplane() {
        String json = "application/json";
        JsonNode own = ok("GET", "apikey", "", "").at("/apiKeys/0");
        assertThat(program.key).startsWith(own.path("prefix").stringValue().replace("*", ""));
        assertThat(own.path("expiration").isString()).isTrue();
        JsonNode user = ok("POST", "user", "{\"name\":\"ann\",\"email\":\"ann@example.com\"}", json)
                .path("user");
        assertThat(user.path("id").stringValue()).isEqualTo("1");
        assertThat(ok("GET", "user?email=ann@example.com", "", "").path("users"))
                .hasSize(1);
        program.administration.pend("ann", WAITING, "Laptop");
        String both = "{\"user\":\"ann\",\"key\":\"" + WAITING + "\"}";
        assertNode(
                ok("POST", "node/register?user=ann&key=" + WAITING, both, json).path("node"));
        assertNode(ok("GET", "node", "", "").at("/nodes/0"));
        assertNode(ok("GET", "node/1", "", "").path("node"));
        assertThat(ok("POST", "node/1/approve_routes", "{\"routes\":[\"10.0.0.0/8\"]}", json)
                        .at("/node/approvedRoutes/0")
                        .stringValue())
                .isEqualTo("10.0.0.0/8");
        assertThat(ok("POST", "node/1/expire", "", "").at("/node/expiry").isString())
                .isTrue();
        assertThat(ok("POST", "node/1/rename/desk%2D1", "", "")
                        .at("/node/givenName")
                        .stringValue())
                .isEqualTo("desk-1");
        assertNode(ok("POST", "node/1/tags", "{\"tags\":[\"tag:known\"]}", json).path("node"));
        assertNode(ok("GET", "node/1", "", "").path("node"));
        JsonNode made = ok(
                        "POST",
                        "preauthkey",
                        "{\"ephemeral\":false,\"reusable\":true,\"expiration\":null,\"user\":\"1\",\"aclTags\":[]}",
                        json)
                .path("preAuthKey");
        assertThat(made.path("key").stringValue()).hasSize("hskey-auth-".length() + 12 + 1 + 64);
        assertThat(ok("POST", "preauthkey/expire", "{\"id\":\"1\"}", json)).isEmpty();
        assertThat(ok("GET", "preauthkey", "", "").at("/preAuthKeys/0/key").stringValue())
                .endsWith("-***");
        assertThat(ok("DELETE", "node/1", "", "")).isEmpty();
        assertThat(ok("POST", "user/1/rename/eve", "", "").at("/user/name").stringValue())
                .isEqualTo("eve");
        assertThat(ok("DELETE", "user/1", "", "")).isEmpty();
    }

    /** It looks for words in the refusals, and for a time in what was stored: without one the policy is a file's. */
    @Test
    void headplanesPolicyPage() {
        String json = "application/json";
        assertThat(new String(send("GET", "policy", "", "").body(), StandardCharsets.UTF_8))
                .contains("acl policy not found");
        String text = "{ // mine\n \"acls\": [] }";
        String put = JSON.writeValueAsString(Map.of("policy", text));
        JsonNode stored = ok("PUT", "policy", put, json);
        assertThat(stored.path("policy").stringValue()).isEqualTo(text);
        assertThat(Instant.parse(stored.path("updatedAt").stringValue())).isEqualTo(CLOCK.instant());
        assertThat(ok("GET", "policy", "", "")).isEqualTo(stored);
        assertThat(program.refused(400, "PUT", "policy", "{\"policy\":\"{\"}")
                        .path("message")
                        .stringValue())
                .contains("parsing HuJSON:");
        assertThat(program.refused(400, "PUT", "policy", "{\"policy\":\"{\\\"acls\\\": 7}\"}")
                        .path("message")
                        .stringValue())
                .contains("parsing policy from bytes:");
        assertThat(ok("GET", "policy", "", "")).isEqualTo(stored);
    }

    /** A browser adds this type to bodies that are text. */
    @Test
    void headscaleUi() {
        String text = "text/plain;charset=UTF-8";
        ok("POST", "user", "{\"name\":\"ann\"}", text);
        program.administration.pend("ann", WAITING, "Laptop");
        assertNode(ok("POST", "node/register?user=ann&key=" + WAITING, "", "").path("node"));
        ok("POST", "node/1/tags", "{\"tags\":[\"tag:known\"]}", text);
        assertThat(ok("GET", "node", "", "").at("/nodes/0/user/name").stringValue())
                .isEqualTo("tagged-devices");
        ok("GET", "preauthkey?user=1", "", "");
        ok(
                "POST",
                "preauthkey",
                "{\"user\":\"1\",\"expiration\":\"2026-06-02T00:00:00.000Z\",\"reusable\":false,\"ephemeral\":true}",
                text);
        // it names no id: nothing is expired, and it is no error
        assertThat(ok("POST", "preauthkey/expire", "{\"user\":\"1\",\"key\":\"x\"}", text))
                .isEmpty();
        String old = program.key;
        program.key = ok("POST", "apikey", "{\"expiration\":\"2026-07-01T00:00:00.000Z\"}", text)
                .path("apiKey")
                .stringValue();
        ok("POST", "apikey/expire", "{\"prefix\":\"" + old.substring(10, 22) + "\"}", text);
        program.key = old;
        assertThat(new String(send("GET", "user", "", "").body(), StandardCharsets.UTF_8))
                .isEqualTo("Unauthorized");
    }

    /** It sends a body with every POST, and cuts the prefix of its key at a dot, of which today's keys have none. */
    @Test
    void headscaleAdmin() {
        String text = "text/plain;charset=UTF-8";
        ok("POST", "user", "{\"name\":\"ann\"}", text);
        program.administration.pend("ann", WAITING, "Laptop");
        assertNode(
                ok("POST", "node/register?user=ann&key=" + WAITING, "{}", text).path("node"));
        ok("POST", "node/1/rename/desk", "{}", text);
        ok("POST", "node/1/expire", "{}", text);
        RestResponse named = send("POST", "preauthkey", "{\"user\":\"ann\",\"reusable\":false}", text);
        assertThat(named.status()).isEqualTo(400);
        assertThat(JSON.readTree(named.body()).path("message").isString()).isTrue();
        RestResponse gone = send("GET", "routes", "", "");
        assertThat(gone.status()).isEqualTo(404);
        assertThat(JSON.readTree(gone.body()).path("code").intValue()).isEqualTo(5);
        assertNode(ok("POST", "node/1/user", "{\"user\":\"1\"}", text).path("node"));
        String old = program.key;
        ok("POST", "apikey/expire", "{\"prefix\":\"" + old + "\"}", text);
        assertThat(send("GET", "user", "", "").status()).isEqualTo(401);
    }
}
