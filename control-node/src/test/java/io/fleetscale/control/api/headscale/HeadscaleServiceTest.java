package io.fleetscale.control.api.headscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Timestamp;
import io.fleetscale.control.api.grpc.ErrorInterceptor;
import io.fleetscale.control.api.grpc.InProcessEndpoint;
import io.fleetscale.control.api.testing.MemoryAdministration;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.proto.headscale.v1.AuthApproveRequest;
import io.fleetscale.proto.headscale.v1.AuthRegisterRequest;
import io.fleetscale.proto.headscale.v1.AuthRejectRequest;
import io.fleetscale.proto.headscale.v1.BackfillNodeIPsRequest;
import io.fleetscale.proto.headscale.v1.CheckPolicyRequest;
import io.fleetscale.proto.headscale.v1.CreateApiKeyRequest;
import io.fleetscale.proto.headscale.v1.CreatePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.CreateUserRequest;
import io.fleetscale.proto.headscale.v1.DebugCreateNodeRequest;
import io.fleetscale.proto.headscale.v1.DeleteApiKeyRequest;
import io.fleetscale.proto.headscale.v1.DeleteNodeRequest;
import io.fleetscale.proto.headscale.v1.DeletePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.DeleteUserRequest;
import io.fleetscale.proto.headscale.v1.ExpireApiKeyRequest;
import io.fleetscale.proto.headscale.v1.ExpireNodeRequest;
import io.fleetscale.proto.headscale.v1.ExpirePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.GetNodeRequest;
import io.fleetscale.proto.headscale.v1.GetPolicyRequest;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc.HeadscaleServiceBlockingStub;
import io.fleetscale.proto.headscale.v1.HealthRequest;
import io.fleetscale.proto.headscale.v1.ListApiKeysRequest;
import io.fleetscale.proto.headscale.v1.ListNodesRequest;
import io.fleetscale.proto.headscale.v1.ListPreAuthKeysRequest;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.fleetscale.proto.headscale.v1.Node;
import io.fleetscale.proto.headscale.v1.PreAuthKey;
import io.fleetscale.proto.headscale.v1.RegisterMethod;
import io.fleetscale.proto.headscale.v1.RenameNodeRequest;
import io.fleetscale.proto.headscale.v1.RenameUserRequest;
import io.fleetscale.proto.headscale.v1.SetApprovedRoutesRequest;
import io.fleetscale.proto.headscale.v1.SetPolicyRequest;
import io.fleetscale.proto.headscale.v1.SetTagsRequest;
import io.fleetscale.proto.headscale.v1.User;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeadscaleServiceTest {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final String AUTH_ID = "hskey-authreq-" + "a".repeat(24);

    private final MemoryAdministration administration = new MemoryAdministration(InstantSource.fixed(NOW));
    private final InProcessEndpoint endpoint = new InProcessEndpoint(List.of(administration.service));
    private final HeadscaleServiceBlockingStub server = HeadscaleServiceGrpc.newBlockingStub(endpoint.channel());

    @BeforeEach
    void start() throws IOException {
        endpoint.start();
    }

    @AfterEach
    void stop() {
        endpoint.close();
        administration.close();
    }

    private User user(String name) {
        return server.createUser(CreateUserRequest.newBuilder().setName(name).build())
                .getUser();
    }

    private Node node(String user, String hostname, char id) {
        String authId = "hskey-authreq-" + String.valueOf(id).repeat(24);
        Node waiting = server.debugCreateNode(DebugCreateNodeRequest.newBuilder()
                        .setUser(user)
                        .setName(hostname)
                        .setKey(authId)
                        .addRoutes("10.0.0.0/8")
                        .build())
                .getNode();
        assertThat(waiting.getId()).isZero();
        assertThat(waiting.getAvailableRoutesList()).containsExactly("10.0.0.0/8");
        return server.authRegister(AuthRegisterRequest.newBuilder()
                        .setUser(user)
                        .setAuthId(authId)
                        .build())
                .getNode();
    }

    private static Timestamp at(Instant time) {
        return Timestamp.newBuilder().setSeconds(time.getEpochSecond()).build();
    }

    private static void refused(Status.Code code, String text, ThrowingCallable call) {
        StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(refused).isNotNull();
        assertThat(refused.getStatus().getCode()).isEqualTo(code);
        assertThat(refused.getStatus().getDescription()).isEqualTo(text);
    }

    @Test
    void usersAreCreatedListedRenamedAndRemoved() {
        User alice = server.createUser(CreateUserRequest.newBuilder()
                        .setName("alice")
                        .setDisplayName("Alice")
                        .setEmail("a@example.com")
                        .setPictureUrl("https://example.com/a.png")
                        .build())
                .getUser();
        assertThat(alice.getId()).isEqualTo(1);
        assertThat(alice.getCreatedAt()).isEqualTo(at(NOW));
        User bob = user("bob");
        assertThat(server.listUsers(ListUsersRequest.getDefaultInstance()).getUsersList())
                .containsExactly(alice, bob);
        assertThat(server.listUsers(ListUsersRequest.newBuilder()
                                .setName("bob")
                                .setId(1)
                                .build())
                        .getUsersList())
                .containsExactly(bob);
        assertThat(server.listUsers(ListUsersRequest.newBuilder().setName("Bob").build())
                        .getUsersList())
                .isEmpty();
        assertThat(server.renameUser(RenameUserRequest.newBuilder()
                                .setOldId(2)
                                .setNewName("rob")
                                .build())
                        .getUser()
                        .getName())
                .isEqualTo("rob");
        refused(
                Status.Code.UNKNOWN,
                "user not found",
                () -> server.renameUser(RenameUserRequest.newBuilder()
                        .setOldId(9)
                        .setNewName("x")
                        .build()));
        server.deleteUser(DeleteUserRequest.newBuilder().setId(2).build());
        refused(
                Status.Code.UNKNOWN,
                "user not found",
                () -> server.deleteUser(DeleteUserRequest.newBuilder().setId(2).build()));
    }

    @Test
    void aDuplicateUserIsInternalAndMarkedAsExisting() {
        user("alice");
        StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, () -> user("alice"));
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(refused.getStatus().getDescription()).startsWith("creating user: ");
        Metadata trailers = refused.getTrailers();
        assertThat(trailers).isNotNull();
        assertThat(trailers.get(ErrorInterceptor.PRECISE)).isEqualTo("6");
    }

    @Test
    void preAuthKeysAreShownOnceAndMaskedAfterwards() {
        user("alice");
        PreAuthKey key = server.createPreAuthKey(CreatePreAuthKeyRequest.newBuilder()
                        .setUser(1)
                        .setReusable(true)
                        .setExpiration(at(NOW.plusSeconds(60)))
                        .addAclTags("tag:b")
                        .addAclTags("tag:a")
                        .addAclTags("tag:b")
                        .build())
                .getPreAuthKey();
        assertThat(key.getKey()).matches("hskey-auth-[A-Za-z0-9_-]{12}-[A-Za-z0-9_-]{64}");
        assertThat(key.getAclTagsList()).containsExactly("tag:a", "tag:b");
        assertThat(key.getUser().getName()).isEqualTo("alice");
        String masked = key.getKey().substring(0, 23) + "-***";
        assertThat(server.listPreAuthKeys(ListPreAuthKeysRequest.getDefaultInstance())
                        .getPreAuthKeysList())
                .containsExactly(key.toBuilder().setKey(masked).build());
        server.expirePreAuthKey(ExpirePreAuthKeyRequest.newBuilder().setId(1).build());
        server.expirePreAuthKey(ExpirePreAuthKeyRequest.newBuilder().setId(77).build());
        server.deletePreAuthKey(DeletePreAuthKeyRequest.newBuilder().setId(77).build());
        assertThat(server.listPreAuthKeys(ListPreAuthKeysRequest.getDefaultInstance())
                        .getPreAuthKeys(0)
                        .getExpiration())
                .isEqualTo(at(NOW));
        server.deletePreAuthKey(DeletePreAuthKeyRequest.newBuilder().setId(1).build());
        assertThat(server.listPreAuthKeys(ListPreAuthKeysRequest.getDefaultInstance())
                        .getPreAuthKeysCount())
                .isZero();
    }

    @Test
    void preAuthKeysAreCheckedInHeadscalesOrder() {
        refused(
                Status.Code.INVALID_ARGUMENT,
                "tag must start with the string 'tag:'",
                () -> server.createPreAuthKey(CreatePreAuthKeyRequest.newBuilder()
                        .setUser(9)
                        .addAclTags("x")
                        .build()));
        refused(
                Status.Code.UNKNOWN,
                "user not found",
                () -> server.createPreAuthKey(
                        CreatePreAuthKeyRequest.newBuilder().setUser(9).build()));
        refused(
                Status.Code.UNKNOWN,
                "auth-key must be either tagged or owned by user",
                () -> server.createPreAuthKey(CreatePreAuthKeyRequest.getDefaultInstance()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                "expiration: not a time between the years 1 and 9999",
                () -> server.createPreAuthKey(CreatePreAuthKeyRequest.newBuilder()
                        .addAclTags("tag:a")
                        .setExpiration(Timestamp.newBuilder().setNanos(-1))
                        .build()));
        PreAuthKey tagged = server.createPreAuthKey(
                        CreatePreAuthKeyRequest.newBuilder().addAclTags("tag:a").build())
                .getPreAuthKey();
        assertThat(tagged.hasUser()).isFalse();
        // F051: a key without expiration never ends, and shows no year 1
        assertThat(tagged.hasExpiration()).isFalse();
    }

    @Test
    void aWaitingNodeIsRegisteredAndShown() {
        user("alice");
        Node node = node("alice", "Laptop", 'a');
        assertThat(node.getId()).isEqualTo(1);
        assertThat(node.getName()).isEqualTo("Laptop");
        assertThat(node.getGivenName()).isEqualTo("laptop");
        assertThat(node.getUser().getName()).isEqualTo("alice");
        assertThat(node.getRegisterMethod()).isEqualTo(RegisterMethod.REGISTER_METHOD_CLI);
        assertThat(node.getIpAddressesList()).containsExactly("100.64.0.1", "fd7a:115c:a1e0::1");
        assertThat(node.getAvailableRoutesList()).isEmpty();
        assertThat(node.getDiscoKey()).isEqualTo("discokey:" + "0".repeat(64));
        assertThat(node.hasLastSeen()).isFalse();
        administration.connect(new NodeId(1), InstantSource.fixed(NOW));
        Node online =
                server.getNode(GetNodeRequest.newBuilder().setNodeId(1).build()).getNode();
        assertThat(online.getOnline()).isTrue();
        assertThat(online.getLastSeen()).isEqualTo(at(NOW));
        refused(
                Status.Code.NOT_FOUND,
                "node not found",
                () -> server.getNode(GetNodeRequest.newBuilder().setNodeId(2).build()));
        refused(
                Status.Code.UNKNOWN,
                "user not empty: node(s) found: user \"alice\" owns 1",
                () -> server.deleteUser(DeleteUserRequest.newBuilder().setId(1).build()));
        server.deleteNode(DeleteNodeRequest.newBuilder().setNodeId(1).build());
        refused(
                Status.Code.NOT_FOUND,
                "node not found",
                () -> server.deleteNode(
                        DeleteNodeRequest.newBuilder().setNodeId(1).build()));
    }

    @Test
    void registrationRefusesAsHeadscaleDoes() {
        user("alice");
        AuthRegisterRequest request =
                AuthRegisterRequest.newBuilder().setUser("alice").build();
        refused(
                Status.Code.UNKNOWN,
                "auth ID has invalid prefix: expected prefix \"hskey-authreq-\"",
                () -> server.authRegister(request));
        refused(
                Status.Code.UNKNOWN,
                "auth ID has invalid length: expected 38, got 15",
                () -> server.authRegister(
                        request.toBuilder().setAuthId("hskey-authreq-x").build()));
        refused(
                Status.Code.UNKNOWN,
                "looking up user: user not found",
                () -> server.authRegister(AuthRegisterRequest.newBuilder()
                        .setUser("bob")
                        .setAuthId(AUTH_ID)
                        .build()));
        StatusRuntimeException unknown = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> server.authRegister(request.toBuilder().setAuthId(AUTH_ID).build()));
        assertThat(unknown.getStatus().getCode()).isEqualTo(Status.Code.UNKNOWN);
        assertThat(unknown.getStatus().getDescription()).startsWith("node not found in registration cache");
        refused(
                Status.Code.NOT_FOUND,
                "no pending auth session for auth_id " + AUTH_ID,
                () -> server.authApprove(
                        AuthApproveRequest.newBuilder().setAuthId(AUTH_ID).build()));
        StatusRuntimeException malformed = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> server.authReject(
                        AuthRejectRequest.newBuilder().setAuthId("x").build()));
        assertThat(malformed.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(malformed.getStatus().getDescription()).startsWith("invalid auth_id: ");
    }

    @Test
    void taggedNodesBelongToTheTaggedDevices() {
        user("alice");
        node("alice", "a", 'a');
        refused(
                Status.Code.INVALID_ARGUMENT,
                "cannot remove all tags from a node - tagged nodes must have at least one tag",
                () -> server.setTags(SetTagsRequest.newBuilder().setNodeId(1).build()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                "requested tags [tag:x] are invalid or not permitted",
                () -> server.setTags(SetTagsRequest.newBuilder()
                        .setNodeId(1)
                        .addTags("tag:x")
                        .build()));
        Node tagged = server.setTags(SetTagsRequest.newBuilder()
                        .setNodeId(1)
                        .addTags("tag:known")
                        .build())
                .getNode();
        assertThat(tagged.getTagsList()).containsExactly("tag:known");
        // F052: one shape in lists and single reads
        assertThat(tagged.getUser().getName()).isEqualTo("tagged-devices");
        Node listed = server.listNodes(ListNodesRequest.getDefaultInstance()).getNodes(0);
        assertThat(listed.getUser().getId()).isEqualTo(2147455555L);
        assertThat(listed.getUser().getName()).isEqualTo("tagged-devices");
        assertThat(listed.getUser().getCreatedAt().getSeconds()).isEqualTo(-62135596800L);
        assertThat(server.listNodes(
                                ListNodesRequest.newBuilder().setUser("alice").build())
                        .getNodesList())
                .isEmpty();
        refused(
                Status.Code.UNKNOWN,
                "user not found",
                () -> server.listNodes(
                        ListNodesRequest.newBuilder().setUser("bob").build()));
    }

    @Test
    void routesNamesAndExpiry() {
        user("alice");
        node("alice", "a", 'a');
        node("alice", "b", 'b');
        assertThat(server.setApprovedRoutes(SetApprovedRoutesRequest.newBuilder()
                                .setNodeId(1)
                                .addRoutes("::/0")
                                .addRoutes("10.1.2.3/24")
                                .build())
                        .getNode()
                        .getApprovedRoutesList())
                .containsExactly("0.0.0.0/0", "10.1.2.3/24", "::/0");
        refused(
                Status.Code.INVALID_ARGUMENT,
                "node no longer exists in NodeStore: 9",
                () -> server.setApprovedRoutes(
                        SetApprovedRoutesRequest.newBuilder().setNodeId(9).build()));
        assertThat(server.renameNode(RenameNodeRequest.newBuilder()
                                .setNodeId(1)
                                .setNewName("new")
                                .build())
                        .getNode()
                        .getGivenName())
                .isEqualTo("new");
        refused(
                Status.Code.UNKNOWN,
                "node name is not unique: NEW",
                () -> server.renameNode(RenameNodeRequest.newBuilder()
                        .setNodeId(2)
                        .setNewName("NEW")
                        .build()));
        Instant later = NOW.plusSeconds(3600);
        ExpireNodeRequest expire = ExpireNodeRequest.newBuilder().setNodeId(1).build();
        assertThat(server.expireNode(expire).getNode().getExpiry()).isEqualTo(at(NOW));
        assertThat(server.expireNode(expire.toBuilder().setExpiry(at(later)).build())
                        .getNode()
                        .getExpiry())
                .isEqualTo(at(later));
        assertThat(server.expireNode(expire.toBuilder().setDisableExpiry(true).build())
                        .getNode()
                        .hasExpiry())
                .isFalse();
        refused(
                Status.Code.INVALID_ARGUMENT,
                "cannot set both disable_expiry and expiry",
                () -> server.expireNode(expire.toBuilder()
                        .setDisableExpiry(true)
                        .setExpiry(at(later))
                        .build()));
        refused(
                Status.Code.UNKNOWN,
                "not confirmed, aborting",
                () -> server.backfillNodeIPs(BackfillNodeIPsRequest.getDefaultInstance()));
        assertThat(server.backfillNodeIPs(BackfillNodeIPsRequest.newBuilder()
                                .setConfirmed(true)
                                .build())
                        .getChangesList())
                .isEmpty();
    }

    @Test
    void apiKeysByNumberOrPrefix() {
        String key = server.createApiKey(CreateApiKeyRequest.newBuilder()
                        .setExpiration(at(NOW.plusSeconds(60)))
                        .build())
                .getApiKey();
        assertThat(key).matches("hskey-api-[A-Za-z0-9_-]{12}-[A-Za-z0-9_-]{64}");
        assertThat(server.listApiKeys(ListApiKeysRequest.getDefaultInstance())
                        .getApiKeys(0)
                        .getPrefix())
                .isEqualTo(key.substring(0, 22) + "-***");
        refused(
                Status.Code.INVALID_ARGUMENT,
                "must provide id or prefix",
                () -> server.expireApiKey(ExpireApiKeyRequest.getDefaultInstance()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                "provide either id or prefix, not both",
                () -> server.deleteApiKey(
                        DeleteApiKeyRequest.newBuilder().setId(1).setPrefix("x").build()));
        refused(
                Status.Code.UNKNOWN,
                "record not found",
                () -> server.deleteApiKey(
                        DeleteApiKeyRequest.newBuilder().setId(7).build()));
        server.expireApiKey(ExpireApiKeyRequest.newBuilder()
                .setPrefix(key.substring(0, 22) + "-***")
                .build());
        server.deleteApiKey(DeleteApiKeyRequest.newBuilder().setPrefix(key).build());
        assertThat(server.listApiKeys(ListApiKeysRequest.getDefaultInstance()).getApiKeysList())
                .isEmpty();
    }

    @Test
    void healthAndReadsSayWhenTheDatabaseIsAway() {
        assertThat(server.health(HealthRequest.getDefaultInstance()).getDatabaseConnectivity())
                .isTrue();
        administration.changelog.setAway(true);
        refused(
                Status.Code.UNKNOWN,
                "pinging database: the database is away, try again",
                () -> server.health(HealthRequest.getDefaultInstance()));
        refused(
                Status.Code.UNAVAILABLE,
                "the database is away, try again",
                () -> server.listUsers(ListUsersRequest.getDefaultInstance()));
    }

    @Test
    void policiesAreSetCheckedAndRead() {
        refused(
                Status.Code.UNKNOWN,
                "loading ACL from database: acl policy not found",
                () -> server.getPolicy(GetPolicyRequest.getDefaultInstance()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                "parsing policy: unknown field: \"rules\" (line 1, column 2)",
                () -> server.checkPolicy(CheckPolicyRequest.newBuilder()
                        .setPolicy("{\"rules\":[]}")
                        .build()));
        String text = "{\"acls\": [], /* nobody */ }";
        assertThat(server.setPolicy(
                                SetPolicyRequest.newBuilder().setPolicy(text).build())
                        .getPolicy())
                .isEqualTo(text);
        assertThat(server.getPolicy(GetPolicyRequest.getDefaultInstance()).getPolicy())
                .isEqualTo(text);
    }
}
