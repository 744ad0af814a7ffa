package io.fleetscale.control.tailnet;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The hard state of a node. What it reports while it runs (endpoints, disco key, online) is presence, not here.
 *
 * @param stableId never changes; clients keep it in their preferences
 * @param lockKey tailnet-lock key, zero when the client has none
 * @param userId owner; absent for a tagged node. A node has an owner or tags, never both, never neither
 * @param tags sorted, unique
 * @param hostname as the client reports it
 * @param givenName DNS label, unique in the tailnet
 * @param expiry absent: the node key never expires
 * @param expired set by the singleton when {@code expiry} passed, so that every instance flips at the same number
 * @param advertisedRoutes sorted, unique
 * @param approvedRoutes sorted, unique; may hold routes that are not advertised
 * @param attributes set from outside for postures, sorted by name, each name once
 * @param needsApproval an administrator must approve it before it sees anybody
 * @param suspendedExpiry the end that the node key had when its expiry was switched off; absent: it never had one
 * @param registeredBy the user that a tagged node came from, who gets it back without tags; absent: nobody
 * @param routerState of a node that routes subnets or serves services: what the instances have agreed on
 * @param offeredServices what its client offers, by name, each name once
 * @param servicesHash the client's mark of that list; empty: it offers nothing
 * @param unknown fields of a newer release, written back untouched
 */
public record Node(
        NodeId id,
        String stableId,
        MachineKey machineKey,
        NodeKey nodeKey,
        LockKey lockKey,
        @Nullable UserId userId,
        List<String> tags,
        String hostname,
        String givenName,
        @Nullable IpAddress ipv4,
        @Nullable IpAddress ipv6,
        Instant createdAt,
        @Nullable Instant expiry,
        boolean expired,
        RegisterMethod registerMethod,
        @Nullable PreAuthKeyId preAuthKeyId,
        boolean ephemeral,
        List<IpPrefix> advertisedRoutes,
        List<IpPrefix> approvedRoutes,
        List<String> requestTags,
        HostFacts host,
        List<DeviceAttribute> attributes,
        boolean needsApproval,
        @Nullable Instant suspendedExpiry,
        @Nullable UserId registeredBy,
        RouterState routerState,
        List<OfferedService> offeredServices,
        String servicesHash,
        UnknownFieldSet unknown) {

    public Node {
        tags = List.copyOf(tags);
        advertisedRoutes = List.copyOf(advertisedRoutes);
        approvedRoutes = List.copyOf(approvedRoutes);
        requestTags = List.copyOf(requestTags);
        attributes = List.copyOf(attributes);
        offeredServices = List.copyOf(offeredServices);
    }

    public boolean isTagged() {
        return !tags.isEmpty();
    }

    public Optional<UserId> owner() {
        return Optional.ofNullable(userId);
    }

    /** IPv4 first, then IPv6; families that are not configured are left out. */
    public List<IpAddress> addresses() {
        List<IpAddress> addresses = new ArrayList<>(2);
        if (ipv4 != null) {
            addresses.add(ipv4);
        }
        if (ipv6 != null) {
            addresses.add(ipv6);
        }
        return addresses;
    }

    /** The addresses of the services that it serves, sorted, each once. They are never among its own. */
    public List<IpPrefix> servedAddresses() {
        return offeredServices.isEmpty()
                ? List.of()
                : offeredServices.stream()
                        .flatMap(service -> service.addresses().stream())
                        .map(IpPrefix::single)
                        .sorted()
                        .distinct()
                        .toList();
    }

    /** Whether the key has expired at {@code now}, announced or not. */
    public boolean isExpiredAt(Instant now) {
        return expired || (expiry != null && !expiry.isAfter(now));
    }

    /** A builder that holds this node's values. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    public static Builder builder(
            NodeId id, MachineKey machineKey, NodeKey nodeKey, String stableId, Instant createdAt) {
        return new Builder(id, machineKey, nodeKey, stableId, createdAt);
    }

    /** Not thread-safe. */
    public static final class Builder {
        private NodeId id;
        private String stableId;
        private MachineKey machineKey;
        private NodeKey nodeKey;
        private LockKey lockKey = LockKey.ZERO;
        private @Nullable UserId userId = null;
        private List<String> tags = List.of();
        private String hostname = "";
        private String givenName = "";
        private @Nullable IpAddress ipv4 = null;
        private @Nullable IpAddress ipv6 = null;
        private Instant createdAt;
        private @Nullable Instant expiry = null;
        private boolean expired = false;
        private RegisterMethod registerMethod = RegisterMethod.UNSPECIFIED;
        private @Nullable PreAuthKeyId preAuthKeyId = null;
        private boolean ephemeral = false;
        private List<IpPrefix> advertisedRoutes = List.of();
        private List<IpPrefix> approvedRoutes = List.of();
        private List<String> requestTags = List.of();
        private HostFacts host = HostFacts.NONE;
        private List<DeviceAttribute> attributes = List.of();
        private boolean needsApproval = false;
        private @Nullable Instant suspendedExpiry = null;
        private @Nullable UserId registeredBy = null;
        private RouterState routerState = RouterState.UNKNOWN;
        private List<OfferedService> offeredServices = List.of();
        private String servicesHash = "";
        private UnknownFieldSet unknown = UnknownFieldSet.getDefaultInstance();

        private Builder(NodeId id, MachineKey machineKey, NodeKey nodeKey, String stableId, Instant createdAt) {
            this.id = id;
            this.machineKey = machineKey;
            this.nodeKey = nodeKey;
            this.stableId = stableId;
            this.createdAt = createdAt;
        }

        private Builder(Node node) {
            this.id = node.id;
            this.stableId = node.stableId;
            this.machineKey = node.machineKey;
            this.nodeKey = node.nodeKey;
            this.lockKey = node.lockKey;
            this.userId = node.userId;
            this.tags = node.tags;
            this.hostname = node.hostname;
            this.givenName = node.givenName;
            this.ipv4 = node.ipv4;
            this.ipv6 = node.ipv6;
            this.createdAt = node.createdAt;
            this.expiry = node.expiry;
            this.expired = node.expired;
            this.registerMethod = node.registerMethod;
            this.preAuthKeyId = node.preAuthKeyId;
            this.ephemeral = node.ephemeral;
            this.advertisedRoutes = node.advertisedRoutes;
            this.approvedRoutes = node.approvedRoutes;
            this.requestTags = node.requestTags;
            this.host = node.host;
            this.attributes = node.attributes;
            this.needsApproval = node.needsApproval;
            this.suspendedExpiry = node.suspendedExpiry;
            this.registeredBy = node.registeredBy;
            this.routerState = node.routerState;
            this.offeredServices = node.offeredServices;
            this.servicesHash = node.servicesHash;
            this.unknown = node.unknown;
        }

        @CanIgnoreReturnValue
        public Builder stableId(String value) {
            this.stableId = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder machineKey(MachineKey value) {
            this.machineKey = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder nodeKey(NodeKey value) {
            this.nodeKey = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder lockKey(LockKey value) {
            this.lockKey = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder userId(@Nullable UserId value) {
            this.userId = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder tags(List<String> value) {
            this.tags = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder hostname(String value) {
            this.hostname = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder givenName(String value) {
            this.givenName = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder ipv4(@Nullable IpAddress value) {
            this.ipv4 = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder ipv6(@Nullable IpAddress value) {
            this.ipv6 = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder createdAt(Instant value) {
            this.createdAt = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder expiry(@Nullable Instant value) {
            this.expiry = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder expired(boolean value) {
            this.expired = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder registerMethod(RegisterMethod value) {
            this.registerMethod = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder preAuthKeyId(@Nullable PreAuthKeyId value) {
            this.preAuthKeyId = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder ephemeral(boolean value) {
            this.ephemeral = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder advertisedRoutes(List<IpPrefix> value) {
            this.advertisedRoutes = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder approvedRoutes(List<IpPrefix> value) {
            this.approvedRoutes = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder requestTags(List<String> value) {
            this.requestTags = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder host(HostFacts value) {
            this.host = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder attributes(List<DeviceAttribute> value) {
            this.attributes = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder needsApproval(boolean value) {
            this.needsApproval = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder registeredBy(@Nullable UserId value) {
            this.registeredBy = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder suspendedExpiry(@Nullable Instant value) {
            this.suspendedExpiry = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder routerState(RouterState value) {
            this.routerState = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder offeredServices(List<OfferedService> value) {
            this.offeredServices = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder servicesHash(String value) {
            this.servicesHash = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder unknown(UnknownFieldSet value) {
            this.unknown = value;
            return this;
        }

        public Node build() {
            return new Node(
                    id,
                    stableId,
                    machineKey,
                    nodeKey,
                    lockKey,
                    userId,
                    tags,
                    hostname,
                    givenName,
                    ipv4,
                    ipv6,
                    createdAt,
                    expiry,
                    expired,
                    registerMethod,
                    preAuthKeyId,
                    ephemeral,
                    advertisedRoutes,
                    approvedRoutes,
                    requestTags,
                    host,
                    attributes,
                    needsApproval,
                    suspendedExpiry,
                    registeredBy,
                    routerState,
                    offeredServices,
                    servicesHash,
                    unknown);
        }
    }
}
