package io.fleetscale.control.api.tailscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * What the Kubernetes operator and Tailscale's small tools call, in their order. Source: tailscale-api-v2 11.3, 11.4; tailscale
 * cmd/k8s-operator, cmd/get-authkey, cmd/gitops-pusher.
 */
class ToolCallsTest {
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String POLICY = """
        {
          "tagOwners": {"tag:k8s-operator": [], "tag:k8s": ["tag:k8s-operator"], "tag:other": []},
          "acls": [{"action": "accept", "src": ["*"], "dst": ["*:*"]}],
        }
        """;

    private final MemoryApi memory = new MemoryApi();
    private final String admin = memory.token(memory.owner.id());
    private String clientId = "";
    private String clientSecret = "";

    @BeforeEach
    void theClientIsMadeByHand() {
        assertThat(memory.call("POST", "/tailnet/-/acl", admin, POLICY).status())
                .isEqualTo(200);
        JsonNode client = memory.call(
                        "POST",
                        "/tailnet/-/keys",
                        admin,
                        "{\"keyType\":\"client\",\"scopes\":[\"auth_keys\",\"devices:core\",\"services\"],"
                                + "\"tags\":[\"tag:k8s-operator\"]}")
                .json();
        clientId = client.path("id").asString();
        clientSecret = client.path("key").asString();
    }

    @AfterEach
    void close() {
        memory.close();
    }

    /** As Go's library asks: the credentials as Basic. */
    private String token() {
        String basic =
                Base64.getEncoder().encodeToString((clientId + ":" + clientSecret).getBytes(StandardCharsets.UTF_8));
        MemoryApi.Answer minted = memory.call(
                "POST",
                "/oauth/token",
                "",
                "grant_type=client_credentials",
                "Content-Type",
                FORM,
                "Authorization",
                "Basic " + basic);
        assertThat(minted.status()).as(minted.message()).isEqualTo(200);
        return minted.json().path("access_token").asString();
    }

    private static String key(String tag) {
        return "{\"capabilities\":{\"devices\":{\"create\":{\"reusable\":false,\"ephemeral\":false,\"preauthorized\":true,"
                + "\"tags\":[\"" + tag + "\"]}}}}";
    }

    @Test
    void theOperatorMakesKeysFindsDevicesAndKeepsServices() {
        String token = token();
        JsonNode own = memory.call("POST", "/tailnet/-/keys", token, key("tag:k8s-operator"))
                .json();
        assertThat(own.path("key").asString()).startsWith("tskey-auth-");
        assertThat(own.path("userId").asString("")).isEmpty();
        JsonNode proxy =
                memory.call("POST", "/tailnet/-/keys", token, key("tag:k8s")).json();
        assertThat(proxy.path("capabilities")
                        .path("devices")
                        .path("create")
                        .path("tags")
                        .toString())
                .isEqualTo("[\"tag:k8s\"]");
        assertThat(memory.call("POST", "/tailnet/-/keys", token, key("tag:other"))
                        .status())
                .as("a tag that is not the client's and that it does not own")
                .isIn(400, 403);
        assertThat(memory.call("GET", "/tailnet/-/keys", token, "").status()).isEqualTo(200);

        String device = memory.node(7, "proxy-1").stableId();
        JsonNode found = memory.call("GET", "/tailnet/-/devices?hostname=proxy-1", token, "")
                .json();
        assertThat(found.path("devices").path(0).path("nodeId").asString()).isEqualTo(device);
        assertThat(memory.call("GET", "/device/" + device, token, "")
                        .json()
                        .path("hostname")
                        .asString())
                .isEqualTo("proxy-1");

        String service = "/tailnet/-/vip-services/svc%3Aingress";
        assertThat(memory.call("GET", service, token, "").status()).isEqualTo(404);
        String wanted = "{\"name\":\"svc:ingress\",\"ports\":[\"tcp:443\"],\"tags\":[\"tag:k8s\"],\"annotations\":"
                + "{\"tailscale.com/owner-references\":\"{\\\"ownerRefs\\\":[{\\\"operatorID\\\":\\\"x\\\"}]}\"}}";
        assertThat(memory.call("PUT", service, token, wanted).status()).isEqualTo(200);
        JsonNode kept = memory.call("GET", service, token, "").json();
        assertThat(kept.path("addrs").size()).isEqualTo(2);
        assertThat(kept.path("annotations")
                        .path("tailscale.com/owner-references")
                        .asString())
                .isEqualTo("{\"ownerRefs\":[{\"operatorID\":\"x\"}]}");
        assertThat(memory.call("GET", "/tailnet/-/vip-services", token, "")
                        .json()
                        .path("vipServices")
                        .size())
                .isEqualTo(1);

        assertThat(memory.call("DELETE", service, token, "").status()).isEqualTo(200);
        assertThat(memory.call("DELETE", "/device/" + device, token, "").status())
                .isEqualTo(200);
        assertThat(memory.call("GET", "/device/" + device, token, "").status()).isEqualTo(404);
    }

    @Test
    void getAuthkeyMintsOneKey() {
        JsonNode made = memory.call(
                        "POST",
                        "/tailnet/-/keys",
                        token(),
                        "{\"capabilities\":{\"devices\":{\"create\":{\"reusable\":true,\"ephemeral\":true,\"preauthorized\":true,"
                                + "\"tags\":[\"tag:k8s\"]}}}}")
                .json();

        assertThat(made.path("key").asString()).startsWith("tskey-auth-");
        JsonNode create = made.path("capabilities").path("devices").path("create");
        assertThat(create.path("reusable").booleanValue()).isTrue();
        assertThat(create.path("ephemeral").booleanValue()).isTrue();
    }

    /** It asks for the tag, lets the file be checked, and writes it only over what it has seen. */
    @Test
    void gitopsPusherWritesOverWhatItHasSeen() {
        MemoryApi.Answer read = memory.call("GET", "/tailnet/-/acl", admin, "", "Accept", "application/hujson");
        String tag = read.header("ETag").orElse("");
        assertThat(tag).matches("\"[0-9a-f]{64}\"");
        String next = POLICY.replace("tag:other", "tag:next");
        MemoryApi.Answer checked =
                memory.call("POST", "/tailnet/-/acl/validate", admin, next, "Content-Type", "application/hujson");
        assertThat(checked.status()).isEqualTo(200);
        assertThat(checked.json().has("message")).isFalse();

        assertThat(memory.call(
                                "POST",
                                "/tailnet/-/acl",
                                admin,
                                next,
                                "Content-Type",
                                "application/hujson",
                                "If-Match",
                                tag)
                        .status())
                .isEqualTo(200);
        assertThat(memory.call("POST", "/tailnet/-/acl", admin, POLICY, "If-Match", tag)
                        .status())
                .isEqualTo(412);
    }
}
