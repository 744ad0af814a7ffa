package io.fleetscale.control.tailnet;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import io.fleetscale.proto.grid.v1.LogRecord;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of hard state: the protobuf messages of {@code fleetscale.grid.v1}. Fields that this release does not
 * know survive a read and a write. A message that cannot be read is an {@link IllegalArgumentException} that names it.
 */
public final class TailnetCodec {
    private TailnetCodec() {}

    // ---- bytes ----

    public static byte[] encode(User user) {
        return toMessage(user).toByteArray();
    }

    public static byte[] encode(Node node) {
        return toMessage(node).toByteArray();
    }

    public static byte[] encode(PreAuthKey key) {
        return toMessage(key).toByteArray();
    }

    public static byte[] encode(ApiKey key) {
        return toMessage(key).toByteArray();
    }

    public static User decodeUser(byte[] bytes) {
        try {
            return fromMessage(io.fleetscale.proto.grid.v1.User.parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            throw unreadable("user", e);
        }
    }

    public static Node decodeNode(byte[] bytes) {
        try {
            return fromMessage(io.fleetscale.proto.grid.v1.Node.parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            throw unreadable("node", e);
        }
    }

    public static PreAuthKey decodePreAuthKey(byte[] bytes) {
        try {
            return fromMessage(io.fleetscale.proto.grid.v1.PreAuthKey.parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            throw unreadable("pre-auth key", e);
        }
    }

    public static ApiKey decodeApiKey(byte[] bytes) {
        try {
            return fromMessage(io.fleetscale.proto.grid.v1.ApiKey.parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            throw unreadable("API key", e);
        }
    }

    /** The record of the log for {@code delta}. */
    public static LogRecord toLogRecord(TailnetDelta delta, byte[] recordId, byte[] batchId, Instant at) {
        LogRecord.Builder record = LogRecord.newBuilder()
                .setVersion(delta.version())
                .setRecordId(ByteString.copyFrom(recordId))
                .setBatchId(ByteString.copyFrom(batchId))
                .setAt(timestamp(at));
        for (Change change : delta.changes()) {
            record.addChanges(toMessage(change));
        }
        return record.build();
    }

    public static TailnetDelta fromLogRecord(LogRecord record) {
        return new TailnetDelta(
                record.getVersion(),
                record.getChangesList().stream().map(TailnetCodec::fromMessage).toList());
    }

    // ---- messages ----

    private static io.fleetscale.proto.grid.v1.Change toMessage(Change change) {
        io.fleetscale.proto.grid.v1.Change.Builder out = io.fleetscale.proto.grid.v1.Change.newBuilder();
        switch (change) {
            case Change.UserPut(User user) -> out.setUserPut(toMessage(user));
            case Change.UserRemoved(UserId id) -> out.setUserRemoved(id.value());
            case Change.NodePut(Node node) -> out.setNodePut(toMessage(node));
            case Change.NodeRemoved(NodeId id) -> out.setNodeRemoved(id.value());
            case Change.PreAuthKeyPut(PreAuthKey key) -> out.setPreAuthKeyPut(toMessage(key));
            case Change.PreAuthKeyRemoved(PreAuthKeyId id) -> out.setPreAuthKeyRemoved(id.value());
            case Change.ApiKeyPut(ApiKey key) -> out.setApiKeyPut(toMessage(key));
            case Change.ApiKeyRemoved(ApiKeyId id) -> out.setApiKeyRemoved(id.value());
            case Change.PolicyPut(Policy policy) ->
                out.setPolicyPut(io.fleetscale.proto.grid.v1.Policy.newBuilder()
                        .setId(policy.id())
                        .setText(policy.text())
                        .setUpdatedAt(timestamp(policy.updatedAt())));
            case Change.SettingPut(Setting setting) ->
                out.setSettingPut(io.fleetscale.proto.grid.v1.Setting.newBuilder()
                        .setName(setting.name())
                        .setSourceDigest(bytes(setting.sourceDigest()))
                        .setJson(setting.json()));
            case Change.PrimaryPut(IpPrefix route, NodeId node) ->
                out.setPrimaryPut(io.fleetscale.proto.grid.v1.PrimaryRoute.newBuilder()
                        .setPrefix(route.toString())
                        .setNodeId(node.value()));
            case Change.PrimaryRemoved(IpPrefix route) -> out.setPrimaryRemoved(route.toString());
            case Change.ResourcePut(Resource resource) ->
                out.setResourcePut(io.fleetscale.proto.grid.v1.Resource.newBuilder()
                        .setKind(resource.kind())
                        .setId(resource.id())
                        .setJson(resource.json()));
            case Change.ResourceRemoved(String kind, String id) ->
                out.setResourceRemoved(io.fleetscale.proto.grid.v1.Resource.newBuilder()
                        .setKind(kind)
                        .setId(id));
        }
        return out.build();
    }

    private static Change fromMessage(io.fleetscale.proto.grid.v1.Change change) {
        return switch (change.getChangeCase()) {
            case USER_PUT -> new Change.UserPut(fromMessage(change.getUserPut()));
            case USER_REMOVED -> new Change.UserRemoved(new UserId(change.getUserRemoved()));
            case NODE_PUT -> new Change.NodePut(fromMessage(change.getNodePut()));
            case NODE_REMOVED -> new Change.NodeRemoved(new NodeId(change.getNodeRemoved()));
            case PRE_AUTH_KEY_PUT -> new Change.PreAuthKeyPut(fromMessage(change.getPreAuthKeyPut()));
            case PRE_AUTH_KEY_REMOVED -> new Change.PreAuthKeyRemoved(new PreAuthKeyId(change.getPreAuthKeyRemoved()));
            case API_KEY_PUT -> new Change.ApiKeyPut(fromMessage(change.getApiKeyPut()));
            case API_KEY_REMOVED -> new Change.ApiKeyRemoved(new ApiKeyId(change.getApiKeyRemoved()));
            case POLICY_PUT -> {
                io.fleetscale.proto.grid.v1.Policy policy = change.getPolicyPut();
                yield new Change.PolicyPut(
                        new Policy(policy.getId(), policy.getText(), instant(policy.getUpdatedAt())));
            }
            case SETTING_PUT -> {
                io.fleetscale.proto.grid.v1.Setting setting = change.getSettingPut();
                yield new Change.SettingPut(
                        new Setting(setting.getName(), bytes32(setting.getSourceDigest()), setting.getJson()));
            }
            case PRIMARY_PUT ->
                new Change.PrimaryPut(
                        IpPrefix.parse(change.getPrimaryPut().getPrefix()),
                        new NodeId(change.getPrimaryPut().getNodeId()));
            case PRIMARY_REMOVED -> new Change.PrimaryRemoved(IpPrefix.parse(change.getPrimaryRemoved()));
            case RESOURCE_PUT -> {
                io.fleetscale.proto.grid.v1.Resource resource = change.getResourcePut();
                yield new Change.ResourcePut(new Resource(resource.getKind(), resource.getId(), resource.getJson()));
            }
            case RESOURCE_REMOVED ->
                new Change.ResourceRemoved(
                        change.getResourceRemoved().getKind(),
                        change.getResourceRemoved().getId());
            case CHANGE_NOT_SET ->
                throw new IllegalArgumentException("log record with a change of a kind that this release does not"
                        + " know: upgrade this instance");
        };
    }

    private static io.fleetscale.proto.grid.v1.User toMessage(User user) {
        return io.fleetscale.proto.grid.v1.User.newBuilder()
                .setId(user.id().value())
                .setName(user.name())
                .setDisplayName(user.displayName())
                .setEmail(user.email())
                .setProviderId(user.providerId())
                .setProvider(user.provider())
                .setProfilePicUrl(user.profilePicUrl())
                .setCreatedAt(timestamp(user.createdAt()))
                .setRole(user.role().number())
                .addAllGroups(user.groups())
                .setStatus(user.status().number())
                .setUnknownFields(user.unknown())
                .build();
    }

    private static User fromMessage(io.fleetscale.proto.grid.v1.User user) {
        return new User(
                new UserId(user.getId()),
                user.getName(),
                user.getDisplayName(),
                user.getEmail(),
                user.getProviderId(),
                user.getProvider(),
                user.getProfilePicUrl(),
                instant(user.getCreatedAt()),
                Role.ofNumber(user.getRole()),
                user.getGroupsList(),
                UserStatus.ofNumber(user.getStatus()),
                user.getUnknownFields());
    }

    private static io.fleetscale.proto.grid.v1.Node toMessage(Node node) {
        io.fleetscale.proto.grid.v1.Node.Builder out = io.fleetscale.proto.grid.v1.Node.newBuilder()
                .setId(node.id().value())
                .setStableId(node.stableId())
                .setMachineKey(bytes(node.machineKey().raw()))
                .setNodeKey(bytes(node.nodeKey().raw()))
                .addAllTags(node.tags())
                .setHostname(node.hostname())
                .setGivenName(node.givenName())
                .setCreatedAt(timestamp(node.createdAt()))
                .setExpired(node.expired())
                .setRegisterMethodValue(node.registerMethod().number())
                .setEphemeral(node.ephemeral())
                .addAllRequestTags(node.requestTags())
                .setRouterState(node.routerState().number())
                .setUnknownFields(node.unknown());
        if (!node.lockKey().isZero()) {
            out.setLockKey(bytes(node.lockKey().raw()));
        }
        if (node.userId() != null) {
            out.setUserId(node.userId().value());
        }
        if (node.ipv4() != null) {
            out.setIpv4(ByteString.copyFrom(node.ipv4().toBytes()));
        }
        if (node.ipv6() != null) {
            out.setIpv6(ByteString.copyFrom(node.ipv6().toBytes()));
        }
        if (node.expiry() != null) {
            out.setExpiry(timestamp(node.expiry()));
        }
        if (node.preAuthKeyId() != null) {
            out.setPreAuthKeyId(node.preAuthKeyId().value());
        }
        node.advertisedRoutes().forEach(route -> out.addAdvertisedRoutes(route.toString()));
        node.approvedRoutes().forEach(route -> out.addApprovedRoutes(route.toString()));
        HostFacts host = node.host();
        if (!host.equals(HostFacts.NONE)) {
            out.setHost(io.fleetscale.proto.grid.v1.HostFacts.newBuilder()
                    .setOs(host.os())
                    .setOsVersion(host.osVersion())
                    .setClientVersion(host.clientVersion())
                    .setDistro(host.distro())
                    .setDeviceModel(host.deviceModel())
                    .setStateEncrypted(host.stateEncrypted())
                    .setAutoUpdate(host.autoUpdate()));
        }
        node.attributes().forEach(attribute -> out.addAttributes(toMessage(attribute)));
        node.offeredServices().forEach(service -> out.addOfferedServices(toMessage(service)));
        out.setServicesHash(node.servicesHash());
        out.setNeedsApproval(node.needsApproval());
        if (node.registeredBy() != null) {
            out.setRegisteredBy(node.registeredBy().value());
        }
        if (node.suspendedExpiry() != null) {
            out.setSuspendedExpiry(timestamp(node.suspendedExpiry()));
        }
        return out.build();
    }

    private static Node fromMessage(io.fleetscale.proto.grid.v1.Node node) {
        io.fleetscale.proto.grid.v1.HostFacts host = node.getHost();
        return Node.builder(
                        new NodeId(node.getId()),
                        new MachineKey(bytes32(node.getMachineKey())),
                        new NodeKey(bytes32(node.getNodeKey())),
                        node.getStableId(),
                        instant(node.getCreatedAt()))
                .lockKey(node.getLockKey().isEmpty() ? LockKey.ZERO : new LockKey(bytes32(node.getLockKey())))
                .userId(node.getUserId() == 0 ? null : new UserId(node.getUserId()))
                .tags(node.getTagsList())
                .hostname(node.getHostname())
                .givenName(node.getGivenName())
                .ipv4(address(node.getIpv4()))
                .ipv6(address(node.getIpv6()))
                .expiry(node.hasExpiry() ? instant(node.getExpiry()) : null)
                .expired(node.getExpired())
                .registerMethod(RegisterMethod.ofNumber(node.getRegisterMethodValue()))
                .preAuthKeyId(node.getPreAuthKeyId() == 0 ? null : new PreAuthKeyId(node.getPreAuthKeyId()))
                .ephemeral(node.getEphemeral())
                .advertisedRoutes(prefixes(node.getAdvertisedRoutesList()))
                .approvedRoutes(prefixes(node.getApprovedRoutesList()))
                .requestTags(node.getRequestTagsList())
                .host(
                        node.hasHost()
                                ? new HostFacts(
                                        host.getOs(),
                                        host.getOsVersion(),
                                        host.getClientVersion(),
                                        host.getDistro(),
                                        host.getDeviceModel(),
                                        host.getStateEncrypted(),
                                        host.getAutoUpdate())
                                : HostFacts.NONE)
                .routerState(RouterState.ofNumber(node.getRouterState()))
                .attributes(node.getAttributesList().stream()
                        .map(TailnetCodec::fromMessage)
                        .toList())
                .offeredServices(node.getOfferedServicesList().stream()
                        .map(TailnetCodec::fromMessage)
                        .toList())
                .servicesHash(node.getServicesHash())
                .needsApproval(node.getNeedsApproval())
                .registeredBy(node.getRegisteredBy() == 0 ? null : new UserId(node.getRegisteredBy()))
                .suspendedExpiry(node.hasSuspendedExpiry() ? instant(node.getSuspendedExpiry()) : null)
                .unknown(node.getUnknownFields())
                .build();
    }

    private static io.fleetscale.proto.grid.v1.OfferedService toMessage(OfferedService service) {
        io.fleetscale.proto.grid.v1.OfferedService.Builder out = io.fleetscale.proto.grid.v1.OfferedService.newBuilder()
                .setName(service.name())
                .addAllPorts(service.ports())
                .setApproval(service.approval().number());
        service.addresses().forEach(address -> out.addAddresses(ByteString.copyFrom(address.toBytes())));
        return out.build();
    }

    private static OfferedService fromMessage(io.fleetscale.proto.grid.v1.OfferedService service) {
        List<IpAddress> addresses = new ArrayList<>(2);
        for (ByteString value : service.getAddressesList()) {
            IpAddress address = address(value);
            if (address != null) {
                addresses.add(address);
            }
        }
        return new OfferedService(
                service.getName(),
                service.getPortsList(),
                OfferedService.Approval.ofNumber(service.getApproval()),
                addresses);
    }

    private static io.fleetscale.proto.grid.v1.DeviceAttribute toMessage(DeviceAttribute attribute) {
        io.fleetscale.proto.grid.v1.DeviceAttribute.Builder out =
                io.fleetscale.proto.grid.v1.DeviceAttribute.newBuilder()
                        .setName(attribute.name())
                        .setComment(attribute.comment());
        switch (attribute.value()) {
            case DeviceAttribute.Value.Text(String text) -> out.setText(text);
            case DeviceAttribute.Value.Numeric(double number) -> out.setNumber(number);
            case DeviceAttribute.Value.Flag(boolean flag) -> out.setFlag(flag);
        }
        if (attribute.expiry() != null) {
            out.setExpiry(timestamp(attribute.expiry()));
        }
        return out.build();
    }

    private static DeviceAttribute fromMessage(io.fleetscale.proto.grid.v1.DeviceAttribute attribute) {
        DeviceAttribute.Value value = switch (attribute.getValueCase()) {
            case NUMBER -> new DeviceAttribute.Value.Numeric(attribute.getNumber());
            case FLAG -> new DeviceAttribute.Value.Flag(attribute.getFlag());
            case TEXT, VALUE_NOT_SET -> new DeviceAttribute.Value.Text(attribute.getText());
        };
        return new DeviceAttribute(
                attribute.getName(),
                value,
                attribute.hasExpiry() ? instant(attribute.getExpiry()) : null,
                attribute.getComment());
    }

    private static io.fleetscale.proto.grid.v1.PreAuthKey toMessage(PreAuthKey key) {
        io.fleetscale.proto.grid.v1.PreAuthKey.Builder out = io.fleetscale.proto.grid.v1.PreAuthKey.newBuilder()
                .setId(key.id().value())
                .setPrefix(key.prefix())
                .setSecretMac(bytes(key.secretMac()))
                .setReusable(key.reusable())
                .setEphemeral(key.ephemeral())
                .setUsed(key.used())
                .addAllTags(key.tags())
                .setExpiration(timestamp(key.expiration()))
                .setCreatedAt(timestamp(key.createdAt()))
                .setUnknownFields(key.unknown());
        key.user().ifPresent(user -> out.setUserId(user.value()));
        PreAuthKey.Terms terms = key.terms();
        out.setDescription(terms.description())
                .setNeedsApproval(terms.needsApproval())
                .setCreator(terms.creator())
                .addAllAttributes(terms.attributes())
                .setTailnetExpiry(terms.tailnetExpiry());
        Instant revokedAt = terms.revokedAt();
        if (revokedAt != null) {
            out.setRevokedAt(timestamp(revokedAt));
        }
        return out.build();
    }

    private static PreAuthKey fromMessage(io.fleetscale.proto.grid.v1.PreAuthKey key) {
        return new PreAuthKey(
                new PreAuthKeyId(key.getId()),
                key.getPrefix(),
                bytes32(key.getSecretMac()),
                key.getUserId() == 0 ? null : new UserId(key.getUserId()),
                key.getReusable(),
                key.getEphemeral(),
                key.getUsed(),
                key.getTagsList(),
                instant(key.getExpiration()),
                instant(key.getCreatedAt()),
                new PreAuthKey.Terms(
                        key.getDescription(),
                        key.getNeedsApproval(),
                        key.hasRevokedAt() ? instant(key.getRevokedAt()) : null,
                        key.getCreator(),
                        key.getAttributesList(),
                        key.getTailnetExpiry()),
                key.getUnknownFields());
    }

    private static io.fleetscale.proto.grid.v1.ApiKey toMessage(ApiKey key) {
        io.fleetscale.proto.grid.v1.ApiKey.Builder out = io.fleetscale.proto.grid.v1.ApiKey.newBuilder()
                .setId(key.id().value())
                .setPrefix(key.prefix())
                .setSecretMac(bytes(key.secretMac()))
                .setExpiration(timestamp(key.expiration()))
                .setCreatedAt(timestamp(key.createdAt()))
                .setUnknownFields(key.unknown());
        if (key.lastSeen() != null) {
            out.setLastSeen(timestamp(key.lastSeen()));
        }
        return out.build();
    }

    private static ApiKey fromMessage(io.fleetscale.proto.grid.v1.ApiKey key) {
        return new ApiKey(
                new ApiKeyId(key.getId()),
                key.getPrefix(),
                bytes32(key.getSecretMac()),
                instant(key.getExpiration()),
                instant(key.getCreatedAt()),
                key.hasLastSeen() ? instant(key.getLastSeen()) : null,
                key.getUnknownFields());
    }

    // ---- parts ----

    private static ByteString bytes(Bytes32 value) {
        return ByteString.copyFrom(value.toArray());
    }

    private static Bytes32 bytes32(ByteString value) {
        return Bytes32.of(value.toByteArray());
    }

    private static @Nullable IpAddress address(ByteString value) {
        return value.isEmpty() ? null : IpAddress.of(value.toByteArray());
    }

    private static List<IpPrefix> prefixes(List<String> texts) {
        return texts.stream().map(IpPrefix::parse).toList();
    }

    static Timestamp timestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }

    static Instant instant(Timestamp timestamp) {
        return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
    }

    private static IllegalArgumentException unreadable(String what, InvalidProtocolBufferException e) {
        return new IllegalArgumentException("stored " + what + " cannot be read", e);
    }
}
