package io.fleetscale.control.api.headscale;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.access.Policies;
import io.fleetscale.control.apikey.ApiKeySelector;
import io.fleetscale.control.apikey.ApiKeys;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.StaleReads;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.node.ExpiryChange;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.preauthkey.CreatedPreAuthKey;
import io.fleetscale.control.preauthkey.NewPreAuthKey;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.registration.LoginApprovals;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.user.NewUser;
import io.fleetscale.control.user.UserFilter;
import io.fleetscale.control.user.Users;
import io.fleetscale.proto.headscale.v1.AuthApproveRequest;
import io.fleetscale.proto.headscale.v1.AuthApproveResponse;
import io.fleetscale.proto.headscale.v1.AuthRegisterRequest;
import io.fleetscale.proto.headscale.v1.AuthRegisterResponse;
import io.fleetscale.proto.headscale.v1.AuthRejectRequest;
import io.fleetscale.proto.headscale.v1.AuthRejectResponse;
import io.fleetscale.proto.headscale.v1.BackfillNodeIPsRequest;
import io.fleetscale.proto.headscale.v1.BackfillNodeIPsResponse;
import io.fleetscale.proto.headscale.v1.CheckPolicyRequest;
import io.fleetscale.proto.headscale.v1.CheckPolicyResponse;
import io.fleetscale.proto.headscale.v1.CreateApiKeyRequest;
import io.fleetscale.proto.headscale.v1.CreateApiKeyResponse;
import io.fleetscale.proto.headscale.v1.CreatePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.CreatePreAuthKeyResponse;
import io.fleetscale.proto.headscale.v1.CreateUserRequest;
import io.fleetscale.proto.headscale.v1.CreateUserResponse;
import io.fleetscale.proto.headscale.v1.DebugCreateNodeRequest;
import io.fleetscale.proto.headscale.v1.DebugCreateNodeResponse;
import io.fleetscale.proto.headscale.v1.DeleteApiKeyRequest;
import io.fleetscale.proto.headscale.v1.DeleteApiKeyResponse;
import io.fleetscale.proto.headscale.v1.DeleteNodeRequest;
import io.fleetscale.proto.headscale.v1.DeleteNodeResponse;
import io.fleetscale.proto.headscale.v1.DeletePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.DeletePreAuthKeyResponse;
import io.fleetscale.proto.headscale.v1.DeleteUserRequest;
import io.fleetscale.proto.headscale.v1.DeleteUserResponse;
import io.fleetscale.proto.headscale.v1.ExpireApiKeyRequest;
import io.fleetscale.proto.headscale.v1.ExpireApiKeyResponse;
import io.fleetscale.proto.headscale.v1.ExpireNodeRequest;
import io.fleetscale.proto.headscale.v1.ExpireNodeResponse;
import io.fleetscale.proto.headscale.v1.ExpirePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.ExpirePreAuthKeyResponse;
import io.fleetscale.proto.headscale.v1.GetNodeRequest;
import io.fleetscale.proto.headscale.v1.GetNodeResponse;
import io.fleetscale.proto.headscale.v1.GetPolicyRequest;
import io.fleetscale.proto.headscale.v1.GetPolicyResponse;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.HealthRequest;
import io.fleetscale.proto.headscale.v1.HealthResponse;
import io.fleetscale.proto.headscale.v1.ListApiKeysRequest;
import io.fleetscale.proto.headscale.v1.ListApiKeysResponse;
import io.fleetscale.proto.headscale.v1.ListNodesRequest;
import io.fleetscale.proto.headscale.v1.ListNodesResponse;
import io.fleetscale.proto.headscale.v1.ListPreAuthKeysRequest;
import io.fleetscale.proto.headscale.v1.ListPreAuthKeysResponse;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.fleetscale.proto.headscale.v1.ListUsersResponse;
import io.fleetscale.proto.headscale.v1.RegisterNodeRequest;
import io.fleetscale.proto.headscale.v1.RegisterNodeResponse;
import io.fleetscale.proto.headscale.v1.RenameNodeRequest;
import io.fleetscale.proto.headscale.v1.RenameNodeResponse;
import io.fleetscale.proto.headscale.v1.RenameUserRequest;
import io.fleetscale.proto.headscale.v1.RenameUserResponse;
import io.fleetscale.proto.headscale.v1.SetApprovedRoutesRequest;
import io.fleetscale.proto.headscale.v1.SetApprovedRoutesResponse;
import io.fleetscale.proto.headscale.v1.SetPolicyRequest;
import io.fleetscale.proto.headscale.v1.SetPolicyResponse;
import io.fleetscale.proto.headscale.v1.SetTagsRequest;
import io.fleetscale.proto.headscale.v1.SetTagsResponse;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.GoTime;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * headscale's administration RPCs. The features word and code their refusals as 0.29 does; this class translates messages.
 * Every read first waits for the head of the log, so that no answer is older than a write that was acknowledged anywhere.
 * Handlers wait for the log: they run on virtual threads. Thread-safe. Source: headscale-surface 1.4.
 */
public final class HeadscaleService extends HeadscaleServiceGrpc.HeadscaleServiceImplBase {
    private static final long PING_SECONDS = 1;

    private static final Logger LOG = LoggerFactory.getLogger(HeadscaleService.class);

    private final Changelog changelog;
    private final Users users;
    private final Nodes nodes;
    private final PreAuthKeys preAuthKeys;
    private final ApiKeys apiKeys;
    private final LoginApprovals logins;
    private final Policies policies;
    private final NodePresenceView presences;

    public HeadscaleService(
            Changelog changelog,
            Users users,
            Nodes nodes,
            PreAuthKeys preAuthKeys,
            ApiKeys apiKeys,
            LoginApprovals logins,
            Policies policies,
            NodePresenceView presences) {
        this.changelog = changelog;
        this.users = users;
        this.nodes = nodes;
        this.preAuthKeys = preAuthKeys;
        this.apiKeys = apiKeys;
        this.logins = logins;
        this.policies = policies;
        this.presences = presences;
    }

    @Override
    public void createUser(CreateUserRequest request, StreamObserver<CreateUserResponse> observer) {
        NewUser wanted =
                new NewUser(request.getName(), request.getDisplayName(), request.getEmail(), request.getPictureUrl());
        answer(
                observer,
                () -> CreateUserResponse.newBuilder()
                        .setUser(EntityMessages.user(users.create(wanted).join()))
                        .build());
    }

    @Override
    public void renameUser(RenameUserRequest request, StreamObserver<RenameUserResponse> observer) {
        answer(
                observer,
                () -> RenameUserResponse.newBuilder()
                        .setUser(EntityMessages.user(users.rename(new UserId(request.getOldId()), request.getNewName())
                                .join()))
                        .build());
    }

    @Override
    public void deleteUser(DeleteUserRequest request, StreamObserver<DeleteUserResponse> observer) {
        after(observer, users.delete(new UserId(request.getId())), DeleteUserResponse.getDefaultInstance());
    }

    @Override
    public void listUsers(ListUsersRequest request, StreamObserver<ListUsersResponse> observer) {
        UserFilter filter = new UserFilter(request.getName(), request.getEmail(), request.getId());
        answer(
                observer,
                () -> ListUsersResponse.newBuilder()
                        .addAllUsers(users.list(filter).join().stream()
                                .map(EntityMessages::user)
                                .toList())
                        .build());
    }

    @Override
    public void createPreAuthKey(CreatePreAuthKeyRequest request, StreamObserver<CreatePreAuthKeyResponse> observer) {
        NewPreAuthKey wanted = new NewPreAuthKey(
                request.getUser() == 0 ? null : new UserId(request.getUser()),
                request.getReusable(),
                request.getEphemeral(),
                request.hasExpiration() ? instant("expiration", request.getExpiration()) : null,
                request.getAclTagsList());
        answer(observer, () -> {
            CreatedPreAuthKey made = preAuthKeys.create(wanted).join();
            return CreatePreAuthKeyResponse.newBuilder()
                    .setPreAuthKey(messages().preAuthKey(made.key(), made.text()))
                    .build();
        });
    }

    @Override
    public void expirePreAuthKey(ExpirePreAuthKeyRequest request, StreamObserver<ExpirePreAuthKeyResponse> observer) {
        if (request.getUnknownFields().hasField(2)) {
            // before 0.28 field 1 was the user and field 2 the key: such a client expires another key than it means
            LOG.atWarn()
                    .addKeyValue("key", request.getId())
                    .log("a client of headscale 0.27 or older expires a key by number");
        }
        after(
                observer,
                preAuthKeys.expire(new PreAuthKeyId(request.getId())),
                ExpirePreAuthKeyResponse.getDefaultInstance());
    }

    @Override
    public void deletePreAuthKey(DeletePreAuthKeyRequest request, StreamObserver<DeletePreAuthKeyResponse> observer) {
        after(
                observer,
                preAuthKeys.delete(new PreAuthKeyId(request.getId())),
                DeletePreAuthKeyResponse.getDefaultInstance());
    }

    @Override
    public void listPreAuthKeys(ListPreAuthKeysRequest request, StreamObserver<ListPreAuthKeysResponse> observer) {
        answer(observer, () -> {
            var keys = preAuthKeys.list().join();
            EntityMessages messages = messages();
            return ListPreAuthKeysResponse.newBuilder()
                    .addAllPreAuthKeys(keys.stream()
                            .map(key -> messages.preAuthKey(key, key.masked()))
                            .toList())
                    .build();
        });
    }

    @Override
    public void debugCreateNode(DebugCreateNodeRequest request, StreamObserver<DebugCreateNodeResponse> observer) {
        answer(observer, () -> {
            PendingLogin login = logins.createForDebugging(
                            request.getUser(), request.getKey(), request.getName(), request.getRoutesList())
                    .join();
            return DebugCreateNodeResponse.newBuilder()
                    .setNode(io.fleetscale.proto.headscale.v1.Node.newBuilder()
                            .setMachineKey(login.machineKey().toString())
                            .setNodeKey(login.nodeKey().toString())
                            .setDiscoKey(DiscoKey.ZERO.toString())
                            .setName(request.getName())
                            .setUser(EntityMessages.user(Users.requireByName(changelog.image(), request.getUser())))
                            .setExpiry(EntityMessages.timestamp(GoTime.ZERO))
                            .setLastSeen(EntityMessages.timestamp(GoTime.ZERO))
                            .setCreatedAt(EntityMessages.timestamp(login.createdAt()))
                            .addAllAvailableRoutes(request.getRoutesList()))
                    .build();
        });
    }

    @Override
    public void getNode(GetNodeRequest request, StreamObserver<GetNodeResponse> observer) {
        answer(observer, () -> {
            Node node = nodes.get(new NodeId(request.getNodeId())).join();
            return GetNodeResponse.newBuilder().setNode(messages().node(node)).build();
        });
    }

    @Override
    public void setTags(SetTagsRequest request, StreamObserver<SetTagsResponse> observer) {
        answer(observer, () -> {
            Node node = nodes.setTags(new NodeId(request.getNodeId()), request.getTagsList())
                    .join();
            return SetTagsResponse.newBuilder().setNode(messages().node(node)).build();
        });
    }

    @Override
    public void setApprovedRoutes(
            SetApprovedRoutesRequest request, StreamObserver<SetApprovedRoutesResponse> observer) {
        answer(observer, () -> {
            Node node = nodes.setApprovedRoutes(new NodeId(request.getNodeId()), request.getRoutesList())
                    .join();
            return SetApprovedRoutesResponse.newBuilder()
                    .setNode(messages().withPrimaries(node))
                    .build();
        });
    }

    @Override
    public void registerNode(RegisterNodeRequest request, StreamObserver<RegisterNodeResponse> observer) {
        answer(
                observer,
                () -> RegisterNodeResponse.newBuilder()
                        .setNode(registered(request.getUser(), request.getKey()))
                        .build());
    }

    @Override
    public void authRegister(AuthRegisterRequest request, StreamObserver<AuthRegisterResponse> observer) {
        answer(
                observer,
                () -> AuthRegisterResponse.newBuilder()
                        .setNode(registered(request.getUser(), request.getAuthId()))
                        .build());
    }

    private io.fleetscale.proto.headscale.v1.Node registered(String user, String key) {
        boolean byClient = key.startsWith(NodeKey.PREFIX) || key.startsWith(MachineKey.PREFIX);
        Node node = logins.register(user, byClient ? waitingWith(key) : key).join();
        return messages().node(node);
    }

    /** Older versions named a waiting client by its node key or machine key; with several logins of one, the newest counts. */
    private String waitingWith(String key) {
        return logins.waiting().join().stream()
                .filter(login -> login.nodeKey().toString().equals(key)
                        || login.machineKey().toString().equals(key))
                .reduce((older, newer) -> newer)
                .map(login -> login.id().text())
                .orElseThrow(() -> new ControlException(
                        ErrorCode.UNKNOWN,
                        ErrorCode.NOT_FOUND,
                        "node not found in registration cache: no client waits with the key " + key
                                + ", run `tailscale up` again"));
    }

    @Override
    public void deleteNode(DeleteNodeRequest request, StreamObserver<DeleteNodeResponse> observer) {
        after(observer, nodes.delete(new NodeId(request.getNodeId())), DeleteNodeResponse.getDefaultInstance());
    }

    @Override
    public void expireNode(ExpireNodeRequest request, StreamObserver<ExpireNodeResponse> observer) {
        ExpiryChange change = expiryChange(request);
        answer(observer, () -> {
            Node node = nodes.expire(new NodeId(request.getNodeId()), change).join();
            return ExpireNodeResponse.newBuilder()
                    .setNode(messages().node(node))
                    .build();
        });
    }

    private static ExpiryChange expiryChange(ExpireNodeRequest request) {
        if (request.getDisableExpiry() && request.hasExpiry()) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, "cannot set both disable_expiry and expiry");
        }
        if (request.getDisableExpiry()) {
            return new ExpiryChange.Never();
        }
        return request.hasExpiry()
                ? new ExpiryChange.At(instant("expiry", request.getExpiry()))
                : new ExpiryChange.Now();
    }

    @Override
    public void renameNode(RenameNodeRequest request, StreamObserver<RenameNodeResponse> observer) {
        answer(observer, () -> {
            Node node = nodes.rename(new NodeId(request.getNodeId()), request.getNewName())
                    .join();
            return RenameNodeResponse.newBuilder()
                    .setNode(messages().node(node))
                    .build();
        });
    }

    @Override
    public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> observer) {
        answer(observer, () -> {
            List<Node> found = nodes.list(request.getUser()).join();
            EntityMessages messages = messages();
            return ListNodesResponse.newBuilder()
                    .addAllNodes(found.stream().map(messages::listed).toList())
                    .build();
        });
    }

    @Override
    public void backfillNodeIPs(BackfillNodeIPsRequest request, StreamObserver<BackfillNodeIPsResponse> observer) {
        answer(
                observer,
                () -> BackfillNodeIPsResponse.newBuilder()
                        .addAllChanges(
                                nodes.backfillAddresses(request.getConfirmed()).join())
                        .build());
    }

    @Override
    public void authApprove(AuthApproveRequest request, StreamObserver<AuthApproveResponse> observer) {
        after(observer, logins.approve(request.getAuthId()), AuthApproveResponse.getDefaultInstance());
    }

    @Override
    public void authReject(AuthRejectRequest request, StreamObserver<AuthRejectResponse> observer) {
        after(observer, logins.reject(request.getAuthId()), AuthRejectResponse.getDefaultInstance());
    }

    @Override
    public void createApiKey(CreateApiKeyRequest request, StreamObserver<CreateApiKeyResponse> observer) {
        Instant expiration = request.hasExpiration() ? instant("expiration", request.getExpiration()) : null;
        answer(
                observer,
                () -> CreateApiKeyResponse.newBuilder()
                        .setApiKey(apiKeys.create(expiration).join().text())
                        .build());
    }

    @Override
    public void expireApiKey(ExpireApiKeyRequest request, StreamObserver<ExpireApiKeyResponse> observer) {
        ApiKeySelector selector = new ApiKeySelector(request.getId(), request.getPrefix());
        after(observer, apiKeys.expire(selector), ExpireApiKeyResponse.getDefaultInstance());
    }

    @Override
    public void listApiKeys(ListApiKeysRequest request, StreamObserver<ListApiKeysResponse> observer) {
        answer(
                observer,
                () -> ListApiKeysResponse.newBuilder()
                        .addAllApiKeys(apiKeys.list().join().stream()
                                .map(EntityMessages::apiKey)
                                .toList())
                        .build());
    }

    @Override
    public void deleteApiKey(DeleteApiKeyRequest request, StreamObserver<DeleteApiKeyResponse> observer) {
        ApiKeySelector selector = new ApiKeySelector(request.getId(), request.getPrefix());
        after(observer, apiKeys.delete(selector), DeleteApiKeyResponse.getDefaultInstance());
    }

    @Override
    public void getPolicy(GetPolicyRequest request, StreamObserver<GetPolicyResponse> observer) {
        Policies.Stored stored = policies.get().join();
        GetPolicyResponse.Builder answer = GetPolicyResponse.newBuilder().setPolicy(stored.text());
        Instant updatedAt = stored.updatedAt();
        if (updatedAt != null) {
            answer.setUpdatedAt(EntityMessages.timestamp(updatedAt));
        }
        observer.onNext(answer.build());
        observer.onCompleted();
    }

    @Override
    public void setPolicy(SetPolicyRequest request, StreamObserver<SetPolicyResponse> observer) {
        Policies.Stored stored = policies.set(request.getPolicy()).join();
        SetPolicyResponse.Builder answer = SetPolicyResponse.newBuilder().setPolicy(stored.text());
        Instant updatedAt = stored.updatedAt();
        if (updatedAt != null) {
            answer.setUpdatedAt(EntityMessages.timestamp(updatedAt));
        }
        observer.onNext(answer.build());
        observer.onCompleted();
    }

    @Override
    public void checkPolicy(CheckPolicyRequest request, StreamObserver<CheckPolicyResponse> observer) {
        after(observer, policies.check(request.getPolicy()), CheckPolicyResponse.getDefaultInstance());
    }

    /** Reads the head of the log, which is a read of the database. */
    @Override
    public void health(HealthRequest request, StreamObserver<HealthResponse> observer) {
        try {
            StaleReads.never(changelog::current).get(PING_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failed) {
            Throwable cause = failed.getCause();
            String why = cause instanceof ControlException refused ? refused.detail() : "no answer within a second";
            throw Status.UNKNOWN.withDescription("pinging database: " + why).asRuntimeException();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw Status.CANCELLED.asRuntimeException();
        }
        answer(
                observer,
                () -> HealthResponse.newBuilder().setDatabaseConnectivity(true).build());
    }

    /** Messages of the newest image: at least as new as what the call has just read or written. */
    private EntityMessages messages() {
        return new EntityMessages(changelog.image(), presences);
    }

    private static <R> void answer(StreamObserver<R> observer, Supplier<R> message) {
        observer.onNext(message.get());
        observer.onCompleted();
    }

    private static <R> void after(StreamObserver<R> observer, CompletableFuture<?> done, R message) {
        done.join();
        observer.onNext(message);
        observer.onCompleted();
    }

    private static Instant instant(String field, Timestamp time) {
        if (!Timestamps.isValid(time)) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, field + ": not a time between the years 1 and 9999");
        }
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }
}
