package io.fleetscale.control.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What programs without a page send, in their order, and how they read the answers: the Terraform provider of headscale
 * (generated from its Swagger document), its Go client, and tailscale2otel. Source: headscale-surface 9.5, 9.6, 9.9.
 */
@SuppressWarnings("NullAway.Init")
class AdministrationToolsTest {
    private static final String JSON = "application/json";
    private static final Set<String> METHODS = Set.of(
            "REGISTER_METHOD_UNSPECIFIED", "REGISTER_METHOD_AUTH_KEY", "REGISTER_METHOD_CLI", "REGISTER_METHOD_OIDC");

    private RestProgram program;

    @BeforeEach
    void start() throws IOException {
        program = new RestProgram();
    }

    @AfterEach
    void stop() {
        program.close();
    }

    private JsonNode get(String target) {
        return program.ok("GET", target, "", "");
    }

    private JsonNode post(String target, String body) {
        return program.ok("POST", target, body, JSON);
    }

    /** Generated clients parse every time, check enumerations, and take ids as texts. */
    private static void readAsGenerated(JsonNode value) {
        value.properties().forEach(member -> {
            JsonNode content = member.getValue();
            switch (member.getKey()) {
                case "id" -> assertThat(content.stringValue()).matches("[0-9]+");
                case "createdAt", "lastSeen", "expiry", "expiration", "updatedAt" -> {
                    if (!content.isNull()) {
                        assertThat(Instant.parse(content.stringValue())).isNotNull();
                    }
                }
                case "registerMethod" -> assertThat(METHODS).contains(content.stringValue());
                case "aclTags", "tags", "ipAddresses", "approvedRoutes", "availableRoutes", "subnetRoutes" ->
                    assertThat(content.isArray()).isTrue();
                case "online", "used", "reusable", "ephemeral" ->
                    assertThat(content.isBoolean()).isTrue();
                default -> readAsGenerated(content);
            }
        });
        if (value.isArray()) {
            value.forEach(AdministrationToolsTest::readAsGenerated);
        }
    }

    private String node() {
        program.administration.pend("ann", RestProgram.WAITING, "Laptop");
        program.administration.register("ann", RestProgram.WAITING);
        return get("node?user=ann").at("/nodes/0/id").stringValue();
    }

    @Test
    void terraformProvider() {
        JsonNode user = post(
                        "user",
                        "{\"name\":\"ann\",\"displayName\":\"Ann\",\"email\":\"ann@example.com\",\"pictureUrl\":\"https://example.com/a.png\"}")
                .path("user");
        readAsGenerated(user);
        assertThat(user.path("profilePicUrl").stringValue()).isEqualTo("https://example.com/a.png");
        for (String filter : List.of("id=1", "name=ann", "email=ann@example.com")) {
            assertThat(get("user?" + filter).path("users")).hasSize(1);
        }
        assertThat(get("user?name=nobody").path("users")).isEmpty();

        JsonNode key = post(
                        "preauthkey",
                        "{\"user\":\"1\",\"reusable\":true,\"ephemeral\":false,\"expiration\":\"2026-06-02T12:00:00.000Z\",\"aclTags\":[\"tag:known\"]}")
                .path("preAuthKey");
        readAsGenerated(key);
        JsonNode listed = get("preauthkey");
        readAsGenerated(listed);
        assertThat(listed.at("/preAuthKeys/0/id")).isEqualTo(key.path("id"));
        assertThat(post("preauthkey/expire", "{\"id\":\"1\"}")).isEmpty();
        assertThat(program.ok("DELETE", "preauthkey?id=1", "", "")).isEmpty();
        assertThat(get("preauthkey").path("preAuthKeys")).isEmpty();

        String secret = post("apikey", "{\"expiration\":\"2026-09-01T00:00:00.000Z\"}")
                .path("apiKey")
                .stringValue();
        JsonNode keys = get("apikey");
        readAsGenerated(keys);
        assertThat(secret).startsWith(keys.at("/apiKeys/1/prefix").stringValue().replace("***", ""));
        assertThat(post("apikey/expire", "{\"prefix\":\"" + secret.substring(10, 22) + "\"}"))
                .isEmpty();

        String id = node();
        readAsGenerated(get("node"));
        readAsGenerated(get("node/" + id));
        readAsGenerated(post("node/" + id + "/approve_routes", "{\"routes\":[\"10.0.0.0/24\"]}"));
        readAsGenerated(post("node/" + id + "/rename/desk", ""));
        readAsGenerated(post("node/" + id + "/tags", "{\"tags\":[\"tag:known\"]}"));
        readAsGenerated(post("node/" + id + "/expire", ""));
        assertThat(get("node/" + id).at("/node/expiry").isString()).isTrue();
        assertThat(program.ok("DELETE", "node/" + id, "", "")).isEmpty();
        assertThat(program.refused(404, "GET", "node/" + id, "").path("code").intValue())
                .isEqualTo(5);

        String policy = new JsonMapper().writeValueAsString(Map.of("policy", "{\"acls\":[]}"));
        readAsGenerated(program.ok("PUT", "policy", policy, JSON));
        assertThat(get("policy").path("policy").stringValue()).isEqualTo("{\"acls\":[]}");
        readAsGenerated(post("user/1/rename/eve", ""));
        assertThat(program.ok("DELETE", "user/1", "", "")).isEmpty();
    }

    /** An address in a name is escaped; what it deletes it names in the address. */
    @Test
    void goClient() {
        post("user", "{\"name\":\"ann\"}");
        post("user/1/rename/ann%40example.com", "");
        assertThat(get("user?name=ann%40example.com").path("users")).hasSize(1);
        post("user/1/rename/ann", "");
        node();
        assertThat(post("node/backfillips?confirmed=true", "").path("changes").isArray())
                .isTrue();
        program.refused(400, "POST", "node/backfillips", "");
        String secret = post("apikey", "{\"expiration\":\"2026-09-01T00:00:00Z\"}")
                .path("apiKey")
                .stringValue();
        assertThat(post("apikey/expire", "{\"id\":\"2\"}")).isEmpty();
        assertThat(program.ok("DELETE", "apikey/" + secret.substring(10, 22), "", ""))
                .isEmpty();
        assertThat(get("apikey").path("apiKeys")).hasSize(1);
        post("preauthkey", "{\"user\":1,\"expiration\":null}");
        assertThat(program.ok("DELETE", "preauthkey?id=1", "", "")).isEmpty();
    }

    /** F028: names are checked at the door, and a refused one changes nothing. */
    @Test
    void f028BadNamesOfNodes() {
        post("user", "{\"name\":\"ann\"}");
        String id = node();
        program.administration.pend("ann", "hskey-authreq-" + "x".repeat(24), "web");
        program.administration.register("ann", "hskey-authreq-" + "x".repeat(24));
        program.refused(404, "POST", "node/" + id + "/rename/", "");
        for (String name : List.of("a%20b", "-x", "x-", "a".repeat(64))) {
            program.refused(400, "POST", "node/" + id + "/rename/" + name, "");
        }
        assertThat(program.refused(400, "POST", "node/" + id + "/rename/web", "")
                        .path("message")
                        .stringValue())
                .contains("node name is not unique: web");
        assertThat(get("node/" + id).at("/node/givenName").stringValue()).isEqualTo("laptop");
    }

    /** It only reads, takes nothing but 200, and hashes the policy. */
    @Test
    void tailscale2otel() {
        post("user", "{\"name\":\"ann\",\"email\":\"ann@example.com\"}");
        post("preauthkey", "{\"user\":\"1\",\"reusable\":true}");
        String id = node();
        post("node/" + id + "/tags", "{\"tags\":[\"tag:known\"]}");
        program.ok("PUT", "policy", "{\"policy\":\"{}\"}", JSON);
        for (String list : List.of("node", "user", "preauthkey", "apikey")) {
            JsonNode answer = get(list);
            readAsGenerated(answer);
            assertThat(answer.iterator().next()).isNotEmpty();
        }
        JsonNode node = get("node").at("/nodes/0");
        assertThat(node.at("/user/name").stringValue()).isEqualTo("tagged-devices");
        assertThat(node.at("/user/email").isString()).isTrue();
        assertThat(get("policy").path("policy").stringValue()).isEqualTo("{}");
        assertThat(new String(program.send("GET", "nodes", "", "").body(), StandardCharsets.UTF_8))
                .contains("Not Found");
    }
}
