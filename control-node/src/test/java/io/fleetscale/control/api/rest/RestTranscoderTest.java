package io.fleetscale.control.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.config.ApiConfig.V1Errors;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.api.credential.FailedAttempts;
import io.fleetscale.control.api.grpc.InProcessEndpoint;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.testing.MemoryChangelog;
import io.fleetscale.control.tailnet.ApiKey;
import io.fleetscale.control.tailnet.ApiKeyId;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.proto.admin.v1.AdministrationServiceGrpc;
import io.fleetscale.proto.headscale.v1.CreateApiKeyRequest;
import io.fleetscale.proto.headscale.v1.CreatePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.CreatePreAuthKeyResponse;
import io.fleetscale.proto.headscale.v1.DeleteApiKeyRequest;
import io.fleetscale.proto.headscale.v1.ExpireNodeRequest;
import io.fleetscale.proto.headscale.v1.GetNodeRequest;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.HealthResponse;
import io.fleetscale.proto.headscale.v1.ListNodesResponse;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.fleetscale.proto.headscale.v1.ListUsersResponse;
import io.fleetscale.proto.headscale.v1.Node;
import io.fleetscale.proto.headscale.v1.PreAuthKey;
import io.fleetscale.proto.headscale.v1.RegisterMethod;
import io.fleetscale.proto.headscale.v1.RegisterNodeRequest;
import io.fleetscale.proto.headscale.v1.RenameUserRequest;
import io.fleetscale.proto.headscale.v1.SetTagsRequest;
import io.fleetscale.proto.headscale.v1.User;
import io.fleetscale.wire.key.Bytes32;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestTranscoderTest {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final String PREFIX = "abcDEF123-_6";
    private static final String KEY = "hskey-api-" + PREFIX + "-" + "s".repeat(64);
    private static final String EXPIRED_KEY = "hskey-api-" + "expired12345" + "-" + "s".repeat(64);

    private static final List<ServiceDescriptor> SERVICES =
            List.of(HeadscaleServiceGrpc.getServiceDescriptor(), AdministrationServiceGrpc.getServiceDescriptor());

    private final RecordingService service = new RecordingService();
    private final InProcessEndpoint endpoint = new InProcessEndpoint(List.of(service));
    private final MemoryChangelog changelog = new MemoryChangelog(InstantSource.fixed(NOW), 1);
    private final CredentialCheck credentials = new CredentialCheck(
            changelog, RestTranscoderTest::mac, new FailedAttempts(() -> 0), InstantSource.fixed(NOW));
    private final RestTranscoder superset =
            new RestTranscoder(endpoint.channel(), SERVICES, credentials, V1Errors.SUPERSET);
    private final RestTranscoder headscale =
            new RestTranscoder(endpoint.channel(), SERVICES, credentials, V1Errors.HEADSCALE_0_29);

    private static Bytes32 mac(String secret) {
        byte[] bytes = new byte[32];
        bytes[0] = (byte) secret.hashCode();
        bytes[1] = (byte) secret.length();
        return Bytes32.of(bytes);
    }

    @BeforeEach
    void start() throws IOException {
        endpoint.start();
        for (ApiKey key : List.of(
                new ApiKey(
                        new ApiKeyId(1),
                        PREFIX,
                        mac("s".repeat(64)),
                        NOW.plusSeconds(60),
                        NOW,
                        null,
                        UnknownFieldSet.getDefaultInstance()),
                new ApiKey(
                        new ApiKeyId(2),
                        "expired12345",
                        mac("s".repeat(64)),
                        NOW,
                        NOW,
                        null,
                        UnknownFieldSet.getDefaultInstance()))) {
            changelog
                    .write((image, context) -> Decision.of("", new Change.ApiKeyPut(key)))
                    .join();
        }
    }

    @AfterEach
    void stop() {
        endpoint.close();
    }

    private static RestRequest request(String method, String target, String body, String... headers) {
        Map<String, List<String>> map = new HashMap<>();
        map.put("authorization", List.of("Bearer " + KEY));
        for (int i = 0; i < headers.length; i += 2) {
            map.put(headers[i], List.of(headers[i + 1]));
        }
        int question = target.indexOf('?');
        return new RestRequest(
                method,
                question < 0 ? target : target.substring(0, question),
                question < 0 ? "" : target.substring(question + 1),
                map,
                body.getBytes(StandardCharsets.UTF_8),
                "192.0.2.1",
                false);
    }

    private static String text(RestResponse response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    /** Sends a request to an RPC that answers emptily, and gives what it was asked. */
    private Message asked(String rpc, String method, String target, String body, String... headers) {
        service.answer = ignored -> RecordingService.emptyAnswer(rpc);
        RestResponse response = superset.handle(request(method, target, body, headers));
        assertThat(response.status()).as(text(response)).isEqualTo(200);
        assertThat(response.headers())
                .containsEntry("Content-Type", "application/json")
                .containsEntry("Grpc-Metadata-Content-Type", "application/grpc");
        return service.lastRequest();
    }

    private String refused(String method, String target, String body) {
        return text(headscale.handle(request(method, target, body)));
    }

    /** Every row of headscale-surface 2.3: address, what the RPC is asked (protobuf text), what an empty answer looks like. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            GET    | /api/v1/health                                  |                                  | {"databaseConnectivity":false}
            GET    | /api/v1/user?id=7&name=a%20b&email=x@y          | id: 7 name: "a b" email: "x@y"   | {"users":[]}
            POST   | /api/v1/user                                    |                                  | {"user":null}
            POST   | /api/v1/user/3/rename/bob                       | old_id: 3 new_name: "bob"        | {"user":null}
            DELETE | /api/v1/user/0x1f                               | id: 31                           | {}
            GET    | /api/v1/preauthkey?user=alice                   |                                  | {"preAuthKeys":[]}
            POST   | /api/v1/preauthkey                              |                                  | {"preAuthKey":null}
            POST   | /api/v1/preauthkey/expire                       |                                  | {}
            DELETE | /api/v1/preauthkey?id=7                         | id: 7                            | {}
            POST   | /api/v1/debug/node                              |                                  | {"node":null}
            GET    | /api/v1/node?user=alice                         | user: "alice"                    | {"nodes":[]}
            GET    | /api/v1/node/5                                  | node_id: 5                       | {"node":null}
            DELETE | /api/v1/node/5                                  | node_id: 5                       | {}
            POST   | /api/v1/node/register?user=a&key=hskey-authreq- | user: "a" key: "hskey-authreq-"  | {"node":null}
            POST   | /api/v1/node/5/expire?disableExpiry=true        | node_id: 5 disable_expiry: true  | {"node":null}
            POST   | /api/v1/node/5/rename/new                       | node_id: 5 new_name: "new"       | {"node":null}
            POST   | /api/v1/node/5/tags                             | node_id: 5                       | {"node":null}
            POST   | /api/v1/node/5/approve_routes                   | node_id: 5                       | {"node":null}
            POST   | /api/v1/node/backfillips?confirmed=1            | confirmed: true                  | {"changes":[]}
            POST   | /api/v1/auth/register                           |                                  | {"node":null}
            POST   | /api/v1/auth/approve                            |                                  | {}
            POST   | /api/v1/auth/reject                             |                                  | {}
            GET    | /api/v1/apikey                                  |                                  | {"apiKeys":[]}
            POST   | /api/v1/apikey                                  |                                  | {"apiKey":""}
            POST   | /api/v1/apikey/expire                           |                                  | {}
            DELETE | /api/v1/apikey/abc?id=3                         | prefix: "abc" id: 3              | {}
            GET    | /api/v1/policy                                  |                                  | {"policy":"","updatedAt":null}
            PUT    | /api/v1/policy                                  |                                  | {"policy":"","updatedAt":null}
            POST   | /api/v1/policy/check                            |                                  | {}
            """)
    void eachRouteReachesItsRpc(String method, String target, String asked, String answer) {
        service.answer = message -> RecordingService.emptyAnswer(
                message.getDescriptorForType().getName().replace("Request", ""));
        RestResponse response = superset.handle(request(method, target, ""));
        assertThat(text(response)).isEqualTo(answer);
        assertThat(service.lastRequest().toString().strip().replace('\n', ' ')).isEqualTo(asked == null ? "" : asked);
    }

    @Test
    void bodiesTakeBothSpellingsNumbersAsTextAndDropWhatIsUnknown() {
        CreatePreAuthKeyRequest expected = CreatePreAuthKeyRequest.newBuilder()
                .setUser(1)
                .setReusable(true)
                .setExpiration(Timestamp.newBuilder().setSeconds(1767225600).setNanos(500_000_000))
                .addAclTags("tag:x")
                .build();
        assertThat(asked("CreatePreAuthKey", "POST", "/api/v1/preauthkey", """
                {"user":"1","reusable":true,"ephemeral":null,"expiration":"2026-01-01T02:00:00.5+02:00",
                 "aclTags":["tag:x"],"unknown":{"deep":[1,2]}}""")).isEqualTo(expected);
        assertThat(asked(
                        "CreatePreAuthKey",
                        "POST",
                        "/api/v1/preauthkey",
                        """
                {"user":1,"reusable":true,"expiration":"2026-01-01T00:00:00.500Z","acl_tags":["tag:x"]}""",
                        "content-type",
                        "text/plain;charset=UTF-8"))
                .isEqualTo(expected);
        assertThat(asked("CreateApiKey", "POST", "/api/v1/apikey", ""))
                .isEqualTo(CreateApiKeyRequest.getDefaultInstance());
        assertThat(asked("SetTags", "POST", "/api/v1/node/5/tags", "{\"nodeId\":\"9\",\"tags\":[\"tag:a\"]}"))
                .isEqualTo(SetTagsRequest.newBuilder()
                        .setNodeId(5)
                        .addTags("tag:a")
                        .build());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"user":"alice"}
            {"user":1.5}
            {"user":-1}
            {"user":18446744073709551616}
            {"reusable":"true"}
            {"aclTags":"tag:x"}
            {"expiration":"tomorrow"}
            {user:1}
            {"user":1
            {"user":1} x
            [1]
            {"user":1,"user":2}
            """)
    void malformedBodiesAre400(String body) {
        RestResponse response = superset.handle(request("POST", "/api/v1/preauthkey", body));
        assertThat(response.status()).isEqualTo(400);
        assertThat(text(response)).startsWith("{\"code\":3,\"message\":\"").contains("\"details\":[]");
        // nothing but the question for the number of what may be a user's name
        assertThat(service.requests).allMatch(ListUsersRequest.class::isInstance);
    }

    @Test
    void queriesAreReadAsTheGatewayDoes() {
        assertThat(asked("ExpireNode", "POST", "/api/v1/node/1/expire?disable_expiry=T&other=1", "ignored {"))
                .isEqualTo(ExpireNodeRequest.newBuilder()
                        .setNodeId(1)
                        .setDisableExpiry(true)
                        .build());
        assertThat(asked("ExpireNode", "POST", "/api/v1/node/010/expire?expiry=2026-01-01T01:00:00%2B01:00", ""))
                .isEqualTo(ExpireNodeRequest.newBuilder()
                        .setNodeId(8)
                        .setExpiry(Timestamp.newBuilder().setSeconds(1767225600))
                        .build());
        // 0.30 reads the body, and only that
        assertThat(asked("ExpireNode", "POST", "/api/v1/node/8/expire?expiry=2027-01-01T00:00:00Z", """
                        {"expiry":"2026-01-01T00:00:00Z","node_id":"9","more":1}"""))
                .isEqualTo(ExpireNodeRequest.newBuilder()
                        .setNodeId(8)
                        .setExpiry(Timestamp.newBuilder().setSeconds(1767225600))
                        .build());
        assertThat(refused("POST", "/api/v1/node/1/expire", "{\"expiry\":\"soon\"}"))
                .contains("\"code\":3");
        assertThat(refused("GET", "/api/v1/node?user=a&user=b", ""))
                .isEqualTo("{\"code\":3,\"message\":\"too many values for field \\\"user\\\": a, b\",\"details\":[]}");
        assertThat(refused("GET", "/api/v1/user?id=0x1", ""))
                .isEqualTo("{\"code\":3,\"message\":\"parsing field \\\"id\\\": strconv.ParseUint: parsing \\\"0x1\\\":"
                        + " invalid syntax\",\"details\":[]}");
        assertThat(refused("POST", "/api/v1/node/1/expire?disableExpiry=yes", ""))
                .contains("strconv.ParseBool: parsing \\\"yes\\\": invalid syntax");
        assertThat(refused("POST", "/api/v1/node/1/expire?expiry=soon", "")).contains("\"code\":3");
    }

    @Test
    void registerTakesQueryAndForm() {
        RegisterNodeRequest expected =
                RegisterNodeRequest.newBuilder().setUser("a b").setKey("k").build();
        assertThat(asked("RegisterNode", "POST", "/api/v1/node/register?user=a%20b&key=k", "{\"user\":\"other\"}"))
                .isEqualTo(expected);
        assertThat(asked(
                        "RegisterNode",
                        "POST",
                        "/api/v1/node/register",
                        "user=a+b&key=k",
                        "content-type",
                        "application/x-www-form-urlencoded"))
                .isEqualTo(expected);
        assertThat(asked(
                        "RegisterNode",
                        "POST",
                        "/api/v1/node/register?user=a+b",
                        "key=k&user=x",
                        "content-type",
                        "application/x-www-form-urlencoded; charset=utf-8"))
                .isEqualTo(expected);
    }

    @Test
    void formsStandForLongQueries() {
        assertThat(asked("GetNode", "POST", "/api/v1/node/4", "", "content-type", "application/x-www-form-urlencoded"))
                .isEqualTo(GetNodeRequest.newBuilder().setNodeId(4).build());
        assertThat(asked(
                        "ListUsers",
                        "POST",
                        "/api/v1/user",
                        "name=bob",
                        "content-type",
                        "application/x-www-form-urlencoded",
                        "x-http-method-override",
                        "get"))
                .isEqualTo(ListUsersRequest.newBuilder().setName("bob").build());
        assertThat(asked(
                        "DeleteApiKey",
                        "POST",
                        "/api/v1/apikey/p",
                        "",
                        "content-type",
                        "application/x-www-form-urlencoded",
                        "x-http-method-override",
                        "DELETE"))
                .isEqualTo(DeleteApiKeyRequest.newBuilder().setPrefix("p").build());
    }

    @Test
    void pathsAreDecodedOnceAndMatchedDecoded() {
        assertThat(asked("RenameUser", "POST", "/api/v1/user/1/rename/J%C3%BCrgen%20x", ""))
                .isEqualTo(RenameUserRequest.newBuilder()
                        .setOldId(1)
                        .setNewName("Jürgen x")
                        .build());
        assertThat(superset.handle(request("POST", "/api/v1/user/1/rename/a%2Fb", ""))
                        .status())
                .isEqualTo(404);
        assertThat(refused("GET", "/api/v1/node/abc", ""))
                .isEqualTo("{\"code\":3,\"message\":\"type mismatch, parameter: node_id, error: strconv.ParseUint:"
                        + " parsing \\\"abc\\\": invalid syntax\",\"details\":[]}");
        for (String bad : List.of("/api/v1/user/1/rename/%zz", "/api/v1//user", "/api/v1/../v1/user")) {
            assertThat(superset.handle(request("POST", bad, "")).status()).isEqualTo(400);
        }
    }

    @Test
    void answersCarryEveryField() {
        service.answer = ignored -> ListNodesResponse.newBuilder()
                .addNodes(Node.newBuilder()
                        .setId(-1)
                        .setName("a\"<é>\u0001")
                        .setOnline(true)
                        .setRegisterMethod(RegisterMethod.REGISTER_METHOD_CLI)
                        .setUser(User.newBuilder()
                                .setId(1)
                                .setCreatedAt(Timestamp.newBuilder().setSeconds(-62135596800L)))
                        .setCreatedAt(
                                Timestamp.newBuilder().setSeconds(1767225600).setNanos(5000))
                        .setPreAuthKey(PreAuthKey.getDefaultInstance()))
                .build();
        assertThat(text(superset.handle(request("GET", "/api/v1/node", ""))))
                .isEqualTo("{\"nodes\":[{\"id\":\"18446744073709551615\",\"machineKey\":\"\",\"nodeKey\":\"\","
                        + "\"discoKey\":\"\",\"ipAddresses\":[],\"name\":\"a\\\"<é>\\u0001\",\"user\":{\"id\":\"1\","
                        + "\"name\":\"\",\"createdAt\":\"0001-01-01T00:00:00Z\",\"displayName\":\"\",\"email\":\"\","
                        + "\"providerId\":\"\",\"provider\":\"\",\"profilePicUrl\":\"\"},\"lastSeen\":null,"
                        + "\"expiry\":null,\"preAuthKey\":{\"user\":null,\"id\":\"0\",\"key\":\"\",\"reusable\":false,"
                        + "\"ephemeral\":false,\"used\":false,\"expiration\":null,\"createdAt\":null,\"aclTags\":[]},"
                        + "\"createdAt\":\"2026-01-01T00:00:00.000005Z\","
                        + "\"registerMethod\":\"REGISTER_METHOD_CLI\",\"givenName\":\"\",\"online\":true,"
                        + "\"approvedRoutes\":[],\"availableRoutes\":[],\"subnetRoutes\":[],\"tags\":[]}]}");
    }

    @Test
    void unauthorizedIsTwelveBytesBeforeAnythingElse() {
        for (String value : List.of(
                "",
                "bearer " + KEY,
                "Bearer  " + KEY,
                "Bearer x",
                "Bearer hskey-api-unknown",
                "Bearer " + KEY.replace("sss", "sst"),
                "Bearer " + EXPIRED_KEY,
                "Basic abc")) {
            for (String target : List.of("/api/v1/user", "/api/v1/nothing", "/api/other")) {
                for (RestTranscoder mode : List.of(superset, headscale)) {
                    RestResponse response =
                            mode.handle(request("OPTIONS", target, "", "authorization", value, "accept", "*/*"));
                    assertThat(response.status()).isIn(401, 429);
                    if (response.status() == 401) {
                        assertThat(text(response)).isEqualTo("Unauthorized");
                        assertThat(response.headers())
                                .containsExactlyEntriesOf(Map.of("Content-Type", "text/plain; charset=utf-8"));
                    }
                }
            }
        }
        assertThat(service.requests).isEmpty();
        service.answer = ignored -> HealthResponse.getDefaultInstance();
        assertThat(superset.handle(request("GET", "/api/v1/health", "")).status())
                .as("a good key still works after the address used up its attempts")
                .isEqualTo(200);
    }

    /** F050: keys of three generations open the same doors, and keys of another kind none. */
    @ParameterizedTest
    @CsvSource({
        "Bearer abcdefg.secret-of-old, 200",
        "Bearer abcdefghij.secret-of-old, 200",
        "Bearer abcdefg.wrong, 401",
        "abcdefg.secret-of-old, 401",
        "Bearer hskey-auth-abcDEF123-_6-ssss, 401",
    })
    void f050GenerationsOfKeys(String authorization, int status) {
        long id = 3;
        for (String prefix : List.of("abcdefg", "abcdefghij")) {
            ApiKey old = new ApiKey(
                    new ApiKeyId(id++),
                    prefix,
                    mac("secret-of-old"),
                    NOW.plusSeconds(60),
                    NOW,
                    null,
                    UnknownFieldSet.getDefaultInstance());
            changelog
                    .write((image, context) -> Decision.of("", new Change.ApiKeyPut(old)))
                    .join();
        }
        service.answer = ignored -> RecordingService.emptyAnswer("ListUsers");
        assertThat(superset.handle(request("GET", "/api/v1/user", "", "authorization", authorization))
                        .status())
                .isEqualTo(status);
    }

    @Test
    void unauthorizedIsAProblemOnlyForThoseWhoNameThatType() {
        RestRequest json = request("GET", "/api/v1/user", "", "authorization", "", "accept", "application/json");
        assertThat(text(superset.handle(json))).isEqualTo("Unauthorized");
        RestRequest problem =
                request("GET", "/api/v1/user", "", "authorization", "", "accept", "application/problem+json");
        assertThat(text(superset.handle(problem))).startsWith("{\"code\":16,\"message\":\"Unauthorized\"");
        assertThat(text(headscale.handle(problem))).isEqualTo("Unauthorized");
    }

    @Test
    void whileTheDatabaseIsAwayNoKeyIsJudged() {
        changelog.setAway(true);
        assertThat(superset.handle(request("GET", "/api/v1/user", "")).status()).isEqualTo(503);
    }

    @Test
    void readsGoOnWhileTheDatabaseIsAwayForAllAndSaySo() {
        service.answer = ignored -> RecordingService.emptyAnswer("ListUsers");
        changelog.setAwayForAll(true);
        RestResponse stale = superset.handle(request("GET", "/api/v1/user", ""));
        assertThat(stale.status()).isEqualTo(200);
        assertThat(stale.headers())
                .containsEntry(
                        "Fleetscale-Stale", Long.toString(changelog.image().version()));
        RestRequest stranger =
                request("GET", "/api/v1/user", "", "authorization", "Bearer hskey-api-unknown12345-" + "s".repeat(64));
        assertThat(superset.handle(stranger).status()).as("an unknown key").isEqualTo(503);
        assertThat(superset.handle(request("POST", "/api/v1/user", "{}")).status())
                .isEqualTo(503);
        changelog.setAwayForAll(false);
        assertThat(superset.handle(request("GET", "/api/v1/user", "")).headers())
                .doesNotContainKey("Fleetscale-Stale");
        assertThat(superset.handle(stranger).status()).isEqualTo(401);
    }

    @Test
    void errorsHaveTheMembersOfTheMode() {
        service.answer = ignored -> {
            throw new ControlException(ErrorCode.NOT_FOUND, "node not found");
        };
        RestRequest get = request("GET", "/api/v1/node/9", "");
        assertThat(text(superset.handle(get)))
                .isEqualTo("{\"code\":5,\"message\":\"node not found\",\"details\":[],\"title\":\"Not Found\","
                        + "\"status\":404,\"detail\":\"node not found\"}");
        assertThat(text(headscale.handle(get))).isEqualTo("{\"code\":5,\"message\":\"node not found\",\"details\":[]}");
        RestRequest problem = request("GET", "/api/v1/node/9", "", "accept", "application/problem+json");
        assertThat(superset.handle(problem).headers()).containsEntry("Content-Type", "application/problem+json");
        assertThat(headscale.handle(problem).headers()).containsEntry("Content-Type", "application/json");
    }

    @Test
    void refusalsAre400ButFaultsAre500() {
        service.answer = ignored -> {
            throw new ControlException(ErrorCode.UNKNOWN, "user not found");
        };
        RestRequest get = request("GET", "/api/v1/node?user=x", "");
        assertThat(superset.handle(get).status()).isEqualTo(400);
        assertThat(headscale.handle(get).status()).isEqualTo(500);
        assertThat(text(headscale.handle(get))).isEqualTo("{\"code\":2,\"message\":\"user not found\",\"details\":[]}");
        service.answer = ignored -> {
            throw new IllegalStateException("planted-secret");
        };
        RestResponse fault = superset.handle(get);
        assertThat(fault.status()).isEqualTo(500);
        assertThat(text(fault)).doesNotContain("planted-secret");
    }

    @Test
    void refusalsHaveThePreciseCodeUnless029IsImitated() {
        service.answer = ignored -> {
            throw new ControlException(ErrorCode.INTERNAL, ErrorCode.ALREADY_EXISTS, "creating user: bob exists");
        };
        RestRequest create = request("POST", "/api/v1/user", "{\"name\":\"bob\"}");
        assertThat(superset.handle(create).status()).isEqualTo(409);
        assertThat(text(superset.handle(create))).startsWith("{\"code\":6,\"message\":\"creating user: bob exists\"");
        assertThat(headscale.handle(create).status()).isEqualTo(500);
        assertThat(text(headscale.handle(create))).startsWith("{\"code\":13,\"message\":\"creating user: bob exists\"");
    }

    /** F049: the meaning of "user" changed from name to number. */
    @Test
    void aNameWhereTheUsersNumberStandsIsExplained() {
        service.answer = asked ->
                asked instanceof ListUsersRequest list && list.getName().equals("bob")
                        ? ListUsersResponse.newBuilder()
                                .addUsers(User.newBuilder().setId(2).setName("bob"))
                                .build()
                        : CreatePreAuthKeyResponse.getDefaultInstance();
        RestResponse named = superset.handle(request("POST", "/api/v1/preauthkey", "{\"user\":\"bob\"}"));
        assertThat(named.status()).isEqualTo(400);
        assertThat(text(named)).contains("\"code\":3", "parsing field \\\"user\\\"", "numeric id", "here 2");
        for (String number : List.of("\"2\"", "2")) {
            assertThat(superset.handle(request("POST", "/api/v1/preauthkey", "{\"user\":" + number + "}"))
                            .status())
                    .isEqualTo(200);
            assertThat(((CreatePreAuthKeyRequest) service.lastRequest()).getUser())
                    .isEqualTo(2);
        }
    }

    @Test
    void unknownAddressesAndMethods() {
        assertThat(refused("GET", "/api/v1/nothing", ""))
                .isEqualTo("{\"code\":5,\"message\":\"Not Found\",\"details\":[]}");
        assertThat(refused("GET", "/api/v1/user/", ""))
                .isEqualTo("{\"code\":5,\"message\":\"Not Found\",\"details\":[]}");
        assertThat(refused("GET", "/api/nothing", "")).isEqualTo("404 page not found\n");
        RestResponse old = headscale.handle(request("PATCH", "/api/v1/user", ""));
        assertThat(old.status()).isEqualTo(501);
        assertThat(text(old)).isEqualTo("{\"code\":12,\"message\":\"Method Not Allowed\",\"details\":[]}");
        RestResponse ours = superset.handle(request("PATCH", "/api/v1/user", ""));
        assertThat(ours.status()).isEqualTo(405);
        assertThat(ours.headers()).containsEntry("Allow", "GET, POST");
    }

    @Test
    void aDeadlineThatIsNoneIsRefused() {
        assertThat(superset.handle(request("GET", "/api/v1/user", "", "grpc-timeout", "soon"))
                        .status())
                .isEqualTo(400);
        asked("ListUsers", "GET", "/api/v1/user", "", "grpc-timeout", "5S");
    }
}
