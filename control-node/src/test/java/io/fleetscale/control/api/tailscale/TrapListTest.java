package io.fleetscale.control.api.tailscale;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserStatus;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * The list of traps of tailscale-api-v2 section 13, by number, as far as {@link TailscaleApiTest} does not hold them: 1 and 4
 * {@code lifetimesAreExactAndRevokedKeysStayReadable}, 7 {@code thePolicyComesBackByteForByteAndChangesOnlyFromWhatWasRead}, 8
 * {@code testsOfAPolicyRunAgainstTheRulesWhoeverHasJoined}, 9 {@code emptyPartsOfTheDnsConfigurationAreAbsent}, 10 and 11 {@code
 * devicesAreFoundByBothIdentifiersAndFilteredExactly}, 13 {@code tagsKeepTheirOrderAndNullIsNone}, 14 {@code
 * attributesTakeAZeroExpiryAndAnEmptyComment}, 17 {@code aServiceHasTwoAddressesAndItsAnnotationsStay}, 22 {@code
 * whateverIsWrongIsAnObjectWithAMessage}, 24 {@code theTokenEndpointTakesAnyClientIdAndNarrows}.
 */
class TrapListTest {
    private final MemoryApi memory = new MemoryApi();
    private final String token = memory.token(memory.owner.id());

    @AfterEach
    void close() {
        memory.close();
    }

    private MemoryApi.Answer get(String path) {
        return memory.call("GET", path, token, "");
    }

    private MemoryApi.Answer call(String method, String path, String body) {
        return memory.call(method, path, token, body);
    }

    private JsonNode made(String path, String body) {
        MemoryApi.Answer answer = call("POST", path, body);
        assertThat(answer.status()).as(answer.message()).isEqualTo(200);
        return answer.json();
    }

    @Test
    void t02OnlyAuthKeysHaveCapabilities() {
        JsonNode auth = made("/tailnet/-/keys", "{\"capabilities\":{\"devices\":{\"create\":{}}}}");
        JsonNode client = made("/tailnet/-/keys", "{\"keyType\":\"client\",\"scopes\":[\"dns\"]}");

        assertThat(auth.has("tags") || auth.has("scopes")).isFalse();
        assertThat(auth.path("capabilities").path("devices").path("create").has("reusable"))
                .isTrue();
        assertThat(client.has("capabilities")).isFalse();
    }

    @Test
    void t03AFederatedIdentityWithoutRulesHasAnEmptyObject() {
        JsonNode made = made(
                "/tailnet/-/keys",
                "{\"keyType\":\"federated\",\"scopes\":[\"dns:read\"],\"issuer\":\"https://issuer.example\",\"subject\":\"repo:*\"}");

        assertThat(made.path("customClaimRules").isObject()).isTrue();
        assertThat(made.path("customClaimRules").isEmpty()).isTrue();
        assertThat(made.path("audience").asString()).startsWith("api.control.example.com/");
        assertThat(made.has("key")).isFalse();
    }

    @Test
    void t05AnOAuthClientKeepsTheOrderOfItsScopes() {
        JsonNode made =
                made("/tailnet/-/keys", "{\"keyType\":\"client\",\"scopes\":[\"users:read\",\"dns\",\"all:read\"]}");
        String path = "/tailnet/-/keys/" + made.path("id").asString();
        assertThat(get(path).json().path("scopes").toString()).isEqualTo("[\"users:read\",\"dns\",\"all:read\"]");
        assertThat(made.has("tags")).isFalse();
        assertThat(made.has("updated")).isFalse();
        assertThat(made.path("userId").asString()).isEqualTo(memory.owner.id().toString());

        assertThat(call("PUT", path, "{\"keyType\":\"client\",\"scopes\":[\"dns\",\"users:read\"]}")
                        .status())
                .isEqualTo(200);

        JsonNode changed = get(path).json();
        assertThat(changed.path("scopes").toString()).isEqualTo("[\"dns\",\"users:read\"]");
        assertThat(changed.has("updated")).isTrue();
        assertThat(changed.has("key")).isFalse();
    }

    @Test
    void t06OldSpellingsOfThePolicyAreTakenAndAnEmptyBodyIsTheDefault() {
        String old =
                "{\"ACLs\":[{\"Action\":\"accept\",\"Users\":[\"*\"],\"Ports\":[\"*:*\"]}],\"TagOwners\":{\"tag:x\":[]}}";
        assertThat(call("POST", "/tailnet/-/acl", old).status()).isEqualTo(200);
        assertThat(new String(get("/tailnet/-/acl").reply().body(), StandardCharsets.UTF_8))
                .isEqualTo(old);
        Optional<String> tag = get("/tailnet/-/acl").header("ETag");

        assertThat(call("POST", "/tailnet/-/acl", "").status()).isEqualTo(200);

        assertThat(get("/tailnet/-/acl").header("ETag")).isNotEqualTo(tag);
        assertThat(memory.call("POST", "/tailnet/-/acl", token, old, "If-Match", "\"ts-default\"")
                        .status())
                .isEqualTo(200);
        assertThat(memory.call("POST", "/tailnet/-/acl", token, old, "If-Match", "\"ts-default\"")
                        .status())
                .isEqualTo(412);
    }

    @Test
    void t12ADeviceCanLoseItsApprovalAndGetItBack() {
        assertThat(memory.node(7, "web1").needsApproval()).isFalse();
        assertThat(call("POST", "/device/7/authorized", "{\"authorized\":false}")
                        .status())
                .isEqualTo(200);
        assertThat(get("/device/7").json().path("authorized").booleanValue()).isFalse();

        assertThat(call("POST", "/device/7/authorized", "{\"authorized\":true}").status())
                .isEqualTo(200);

        assertThat(get("/device/7").json().path("authorized").booleanValue()).isTrue();
    }

    @Test
    void t15SettingsTakeNullsAndSwitchesWithoutEffectStay() {
        for (String member :
                List.of("networkFlowLoggingOn", "regionalRoutingOn", "httpsEnabled", "aclsExternallyManagedOn")) {
            MemoryApi.Answer set = call(
                    "PATCH",
                    "/tailnet/-/settings",
                    "{\"" + member + "\":true,\"aclsExternalLink\":null,\"devicesApprovalOn\":null}");
            assertThat(set.json().path(member).booleanValue()).as(member).isTrue();
        }
        JsonNode all = get("/tailnet/-/settings").json();
        assertThat(all.path("networkFlowLoggingOn").booleanValue()).isTrue();
        assertThat(all.path("aclsExternalLink").asString("?")).isEmpty();
        assertThat(all.path("devicesApprovalOn").booleanValue()).isFalse();
        assertThat(get("/tailnet/-/logging/network?start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z")
                        .status())
                .as("this server takes no flow logs, and says so")
                .isEqualTo(501);
    }

    @Test
    void t16LogStreamsHaveDefaultsAndCanonicalCredentials() {
        String path = "/tailnet/-/logging/network/stream";
        assertThat(get(path).status()).isEqualTo(404);
        assertThat(call(
                                "PUT",
                                path,
                                "{\"destinationType\":\"splunk\",\"url\":\"https://logs.example\",\"token\":\"t\"}")
                        .status())
                .isEqualTo(200);
        JsonNode splunk = get(path).json();
        assertThat(splunk.path("user").asString()).isEqualTo("user");
        assertThat(splunk.path("compressionFormat").asString()).isEqualTo("none");
        assertThat(splunk.has("token")).isFalse();

        assertThat(call(
                                "PUT",
                                path,
                                "{\"destinationType\":\"gcs\",\"gcsBucket\":\"b\",\"gcsCredentials\":\"{\\\"type\\\":\\\"external_account\\\","
                                        + "\\\"token_url\\\":\\\"https://sts.example/?a=1&b=2\\\",\\\"universe_domain\\\":\\\"googleapis.com\\\"}\"}")
                        .status())
                .isEqualTo(200);

        assertThat(get(path).json().path("gcsCredentials").asString())
                .isEqualTo("{\"universe_domain\":\"googleapis.com\",\"type\":\"external_account\","
                        + "\"token_url\":\"https://sts.example/?a=1\\u0026b=2\"}");
    }

    @Test
    void t18SecretsOfWebhooksAreShownWhenTheyAreMade() {
        JsonNode made = made(
                "/tailnet/-/webhooks",
                "{\"endpointUrl\":\"https://example.com/hook\",\"subscriptions\":[\"nodeCreated\"]}");
        String path = "/webhooks/" + made.path("endpointId").asString();
        assertThat(call("PATCH", path, "{\"subscriptions\":[\"policyUpdate\"]}")
                        .json()
                        .has("secret"))
                .isFalse();

        String rotated =
                call("POST", path + "/rotate", "").json().path("secret").asString();

        assertThat(rotated)
                .startsWith("tskey-webhook-")
                .isNotEqualTo(made.path("secret").asString());
        assertThat(get(path).json().has("secret")).isFalse();
        assertThat(get("/tailnet/-/webhooks").json().toString()).doesNotContain("tskey-webhook-");
    }

    @Test
    void t19AProviderHasOneIntegration() {
        String falcon = "{\"provider\":\"falcon\",\"cloudId\":\"us-1\",\"clientId\":\"c\",\"clientSecret\":\"s\"}";
        JsonNode made = made("/tailnet/-/posture/integrations", falcon);
        assertThat(call("POST", "/tailnet/-/posture/integrations", falcon).status())
                .isEqualTo(409);
        String path = "/posture/integrations/" + made.path("id").asString();
        assertThat(made.has("clientSecret")).isFalse();

        assertThat(call("DELETE", path, "").status()).isEqualTo(200);

        assertThat(get(path).status()).isEqualTo(404);
    }

    @Test
    void t20ContactsAreSetAgainWithTheSameValues() {
        for (int i = 0; i < 2; i++) {
            assertThat(call("PATCH", "/tailnet/-/contacts/support", "{\"email\":\"help@example.com\"}")
                            .status())
                    .isEqualTo(200);
            assertThat(get("/tailnet/-/contacts").json().at("/support/email").asString())
                    .isEqualTo("help@example.com");
        }
    }

    @Test
    void t21SegmentsArriveEscaped() {
        assertThat(memory.node(7, "web1").givenName()).isEqualTo("web1");

        assertThat(call("POST", "/device/7/attributes/custom%3Atier", "{\"value\":\"gold\"}")
                        .status())
                .isEqualTo(200);
        assertThat(get("/device/7/attributes")
                        .json()
                        .at("/attributes/custom:tier")
                        .asString())
                .isEqualTo("gold");
        assertThat(get("/tailnet/-/services/svc%3anone").status()).isEqualTo(404);
        assertThat(get("/device/7%2Fattributes").status()).isEqualTo(404);
    }

    @Test
    void t23BasicTakesAnOAuthTokenAsUserName() {
        JsonNode client = made("/tailnet/-/keys", "{\"keyType\":\"client\",\"scopes\":[\"users:read\"]}");
        String minted = memory.call(
                        "POST",
                        "/oauth/token",
                        "",
                        "client_secret=" + client.path("key").asString(),
                        "Content-Type",
                        "application/x-www-form-urlencoded")
                .json()
                .path("access_token")
                .asString();
        String basic = Base64.getEncoder().encodeToString((minted + ":").getBytes(StandardCharsets.UTF_8));

        assertThat(memory.call("GET", "/tailnet/-/users", "", "", "Authorization", "Basic " + basic)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void t25NothingRedirects() {
        for (String path : List.of("/tailnet/-/devices/", "/tailnet//-/devices", "/tailnet", "/", "")) {
            MemoryApi.Answer answer = get(path);
            assertThat(answer.status()).as(path).isIn(400, 404);
            assertThat(answer.header("Location")).as(path).isEmpty();
            assertThat(answer.message()).as(path).isNotEmpty();
        }
    }

    /** A new user waits, is let in by another one, and cannot let itself in. Source: tailscale-api-v2 6.9, 8.4. */
    @Test
    void aUserThatNeedsApprovalIsLetIn() {
        User waiting = memory.tailnet.user("newcomer").withStatus(UserStatus.NEEDS_APPROVAL);
        memory.tailnet.apply(new Change.UserPut(waiting));
        String path = "/users/" + waiting.id();
        assertThat(get(path).json().path("status").asString()).isEqualTo("needs-approval");

        assertThat(call("POST", path + "/approve", "").status()).isEqualTo(200);
        assertThat(get(path).json().path("status").asString()).isNotEqualTo("needs-approval");
        assertThat(call("POST", path + "/approve", "").status()).as("again").isEqualTo(200);
        assertThat(call("POST", "/users/" + memory.owner.id() + "/approve", "").status())
                .as("oneself")
                .isEqualTo(403);
    }
}
