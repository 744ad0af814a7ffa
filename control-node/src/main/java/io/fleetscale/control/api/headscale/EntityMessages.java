package io.fleetscale.control.api.headscale;

import com.google.protobuf.Timestamp;
import io.fleetscale.control.tailnet.ApiKey;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpPrefix;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The messages of users, nodes and keys, from one image and the presence of now. Source: headscale-surface 1.2, 1.4. */
final class EntityMessages {
    private final TailnetImage image;
    private final NodePresenceView presences;
    private final Map<NodeId, List<IpPrefix>> primaries;

    EntityMessages(TailnetImage image, NodePresenceView presences) {
        this.image = image;
        this.presences = presences;
        this.primaries = image.primaries().entrySet().stream()
                .filter(primary -> !isService(image, primary))
                .collect(Collectors.groupingBy(
                        Map.Entry::getValue, Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
    }

    /** Hosts of services are elected like routers, and no routes of theirs. */
    private static boolean isService(TailnetImage image, Map.Entry<IpPrefix, NodeId> primary) {
        Node node = image.node(primary.getValue());
        return node != null && node.servedAddresses().contains(primary.getKey());
    }

    static io.fleetscale.proto.headscale.v1.User user(User user) {
        return io.fleetscale.proto.headscale.v1.User.newBuilder()
                .setId(user.id().value())
                .setName(user.loginName())
                .setCreatedAt(timestamp(user.createdAt()))
                .setDisplayName(user.displayName())
                .setEmail(user.email())
                .setProviderId(user.providerId())
                .setProvider(user.provider())
                .setProfilePicUrl(user.profilePicUrl())
                .build();
    }

    static io.fleetscale.proto.headscale.v1.ApiKey apiKey(ApiKey key) {
        io.fleetscale.proto.headscale.v1.ApiKey.Builder message = io.fleetscale.proto.headscale.v1.ApiKey.newBuilder()
                .setId(key.id().value())
                .setPrefix(key.masked())
                .setExpiration(timestamp(key.expiration()))
                .setCreatedAt(timestamp(key.createdAt()));
        Instant lastSeen = key.lastSeen();
        if (lastSeen != null) {
            message.setLastSeen(timestamp(lastSeen));
        }
        return message.build();
    }

    /** @param text the masked form, or the whole key in the answer to its creation */
    io.fleetscale.proto.headscale.v1.PreAuthKey preAuthKey(PreAuthKey key, String text) {
        io.fleetscale.proto.headscale.v1.PreAuthKey.Builder message =
                io.fleetscale.proto.headscale.v1.PreAuthKey.newBuilder()
                        .setId(key.id().value())
                        .setKey(text)
                        .setReusable(key.reusable())
                        .setEphemeral(key.ephemeral())
                        .setUsed(key.used())
                        .setCreatedAt(timestamp(key.createdAt()))
                        .addAllAclTags(key.tags());
        if (!key.neverExpires()) {
            message.setExpiration(timestamp(key.expiration()));
        }
        User owner = owner(key.userId());
        if (owner != null) {
            message.setUser(user(owner));
        }
        return message.build();
    }

    /** A node as all answers but the list show it: without the routes that it serves. */
    io.fleetscale.proto.headscale.v1.Node node(Node node) {
        return builder(node).build();
    }

    /** A node as lists show it, with the routes that it serves. */
    io.fleetscale.proto.headscale.v1.Node listed(Node node) {
        io.fleetscale.proto.headscale.v1.Node.Builder message = builder(node);
        Stream<IpPrefix> exits =
                node.approvedRoutes().stream().filter(IpPrefix::isAll).filter(node.advertisedRoutes()::contains);
        return message.addAllSubnetRoutes(texts(Stream.concat(primaries(node).stream(), exits)
                        .sorted()
                        .distinct()
                        .toList()))
                .build();
    }

    /** A node with the routes for which it was elected. */
    io.fleetscale.proto.headscale.v1.Node withPrimaries(Node node) {
        return builder(node).addAllSubnetRoutes(texts(primaries(node))).build();
    }

    private io.fleetscale.proto.headscale.v1.Node.Builder builder(Node node) {
        NodePresenceView.Presence presence = presences.presence(node.id());
        io.fleetscale.proto.headscale.v1.Node.Builder message = io.fleetscale.proto.headscale.v1.Node.newBuilder()
                .setId(node.id().value())
                .setMachineKey(node.machineKey().toString())
                .setNodeKey(node.nodeKey().toString())
                .setDiscoKey(presence.discoKey().toString())
                .addAllIpAddresses(texts(node.addresses()))
                .setName(node.hostname())
                .setCreatedAt(timestamp(node.createdAt()))
                .setRegisterMethodValue(node.registerMethod().number())
                .setGivenName(node.givenName())
                .setOnline(presence.online())
                .addAllApprovedRoutes(texts(node.approvedRoutes()))
                .addAllAvailableRoutes(texts(node.advertisedRoutes()))
                .addAllTags(node.tags());
        // 0.29 shows no user in single reads of tagged nodes, which programs that read lists and single nodes trip over
        User owner = node.isTagged() ? User.TAGGED_DEVICES : owner(node.userId());
        if (owner != null) {
            message.setUser(user(owner));
        }
        Instant lastSeen = presence.lastSeen();
        if (lastSeen != null) {
            message.setLastSeen(timestamp(lastSeen));
        }
        Instant expiry = node.expiry();
        if (expiry != null) {
            message.setExpiry(timestamp(expiry));
        }
        PreAuthKey key =
                node.preAuthKeyId() == null ? null : image.preAuthKeys().get(node.preAuthKeyId());
        if (key != null) {
            message.setPreAuthKey(preAuthKey(key, key.masked()));
        }
        return message;
    }

    private List<IpPrefix> primaries(Node node) {
        return primaries.getOrDefault(node.id(), List.of());
    }

    private @Nullable User owner(@Nullable UserId id) {
        return id == null ? null : image.user(id);
    }

    private static List<String> texts(List<?> values) {
        return values.stream().map(Object::toString).toList();
    }

    static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }
}
