package io.fleetscale.control.presence;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import io.fleetscale.wire.ip.IpEndpoint;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import io.fleetscale.wire.tailcfg.MapRequest;
import io.fleetscale.wire.tailcfg.TailcfgException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Presence as fields: each is the protobuf message {@code Presence} with that field only, under the field's number. So a whole
 * message is the fields one after the other, and fields of a newer release survive.
 */
final class PresenceFields {
    private static final Logger LOG = LoggerFactory.getLogger(PresenceFields.class);

    static final int DISCO_KEY = 4;
    static final int ENDPOINTS = 5;
    static final int HOME_DERP = 6;
    static final int CAPABILITY_VERSION = 7;
    static final int HOST_INFO = 8;
    static final int ONLINE = 9;
    static final int LAST_SEEN = 10;
    static final int UNRESPONSIVE = 12;

    private static final ByteString EMPTY_OBJECT = ByteString.copyFromUtf8("{}");

    private PresenceFields() {}

    static ByteString discoKey(DiscoKey key) {
        return field(
                message -> message.setDiscoKey(ByteString.copyFrom(key.raw().toArray())));
    }

    /** With their types. */
    static ByteString endpoints(List<MapRequest.Endpoint> endpoints) {
        return field(message -> {
            for (MapRequest.Endpoint endpoint : endpoints) {
                message.addEndpoints(endpoint.address().toString()).addEndpointTypes(endpoint.type());
            }
        });
    }

    static ByteString homeDerp(int region) {
        return field(message -> message.setHomeDerp(region));
    }

    static ByteString capabilityVersion(int version) {
        return field(message -> message.setCapabilityVersion(version));
    }

    static ByteString hostinfo(ByteString json) {
        return field(message -> message.setHostInfo(json));
    }

    static ByteString online(boolean online) {
        return field(message -> message.setOnline(online));
    }

    /** Empty, which drops the field, for a router that answers. */
    static ByteString unresponsive(boolean unresponsive) {
        return field(message -> message.setUnresponsive(unresponsive));
    }

    static ByteString lastSeen(Instant time) {
        return field(message -> message.setLastSeen(
                Timestamp.newBuilder().setSeconds(time.getEpochSecond()).setNanos(time.getNano())));
    }

    private static ByteString field(Consumer<io.fleetscale.proto.grid.v1.Presence.Builder> content) {
        var message = io.fleetscale.proto.grid.v1.Presence.newBuilder();
        content.accept(message);
        return message.build().toByteString();
    }

    /** The whole message, for the database. */
    static io.fleetscale.proto.grid.v1.Presence join(PresenceGrid.Entry entry) throws InvalidProtocolBufferException {
        ByteString joined = entry.fields().values().stream().reduce(ByteString.EMPTY, ByteString::concat);
        return io.fleetscale.proto.grid.v1.Presence.parseFrom(joined).toBuilder()
                .setNodeId(entry.node().value())
                .setEpoch(entry.epoch())
                .setCounter(entry.counter())
                .build();
    }

    /** The other way: every known field by itself, and what is unknown with the host info, where it is kept. */
    static SortedMap<Integer, ByteString> split(io.fleetscale.proto.grid.v1.Presence message) {
        TreeMap<Integer, ByteString> fields = new TreeMap<>();
        fields.put(DISCO_KEY, field(to -> to.setDiscoKey(message.getDiscoKey())));
        fields.put(
                ENDPOINTS,
                field(to -> to.addAllEndpoints(message.getEndpointsList())
                        .addAllEndpointTypes(message.getEndpointTypesList())));
        fields.put(HOME_DERP, homeDerp(message.getHomeDerp()));
        fields.put(CAPABILITY_VERSION, capabilityVersion(message.getCapabilityVersion()));
        fields.put(
                HOST_INFO,
                field(to -> to.setHostInfo(message.getHostInfo()).setUnknownFields(message.getUnknownFields())));
        fields.put(ONLINE, online(message.getOnline()));
        if (message.hasLastSeen()) {
            fields.put(LAST_SEEN, field(to -> to.setLastSeen(message.getLastSeen())));
        }
        fields.put(UNRESPONSIVE, unresponsive(message.getUnresponsive()));
        fields.values().removeIf(ByteString::isEmpty);
        return fields;
    }

    /**
     * The presence that an entry describes; what cannot be read is left out.
     *
     * @param before what was known of the node: what it was made of is not worked out again
     */
    static Presence read(PresenceGrid.Entry entry, Presence before) {
        io.fleetscale.proto.grid.v1.Presence message;
        try {
            message = join(entry);
        } catch (InvalidProtocolBufferException e) {
            LOG.atWarn().addKeyValue("node", entry.node()).setCause(e).log("an unreadable presence entry");
            return new Presence(
                    entry.epoch(),
                    entry.counter(),
                    DiscoKey.ZERO,
                    List.of(),
                    0,
                    0,
                    ByteString.EMPTY,
                    EMPTY_OBJECT,
                    false,
                    null);
        }
        ByteString hostinfo = message.getHostInfo();
        return new Presence(
                entry.epoch(),
                entry.counter(),
                discoKey(message.getDiscoKey()),
                endpoints(message),
                message.getHomeDerp(),
                message.getCapabilityVersion(),
                hostinfo,
                hostinfo.equals(before.hostinfo()) ? before.peerHostinfo() : peerHostinfo(hostinfo),
                message.getOnline(),
                lastSeen(message),
                message.getUnresponsive());
    }

    private static DiscoKey discoKey(ByteString bytes) {
        return bytes.size() == io.fleetscale.wire.key.Bytes32.LENGTH ? DiscoKey.of(bytes.toByteArray()) : DiscoKey.ZERO;
    }

    private static List<MapRequest.Endpoint> endpoints(io.fleetscale.proto.grid.v1.Presence message) {
        List<MapRequest.Endpoint> endpoints = new ArrayList<>(message.getEndpointsCount());
        for (int i = 0; i < message.getEndpointsCount(); i++) {
            int type = i < message.getEndpointTypesCount() ? message.getEndpointTypes(i) : 0;
            try {
                endpoints.add(new MapRequest.Endpoint(IpEndpoint.parse(message.getEndpoints(i)), type));
            } catch (IllegalArgumentException e) {
                LOG.atDebug().setCause(e).log("an endpoint that cannot be read is left out");
            }
        }
        return endpoints;
    }

    private static ByteString peerHostinfo(ByteString hostinfo) {
        if (hostinfo.isEmpty()) {
            return ByteString.EMPTY;
        }
        try {
            return ByteString.copyFrom(Hostinfo.parse(hostinfo).peerView());
        } catch (TailcfgException e) {
            return EMPTY_OBJECT;
        }
    }

    private static @Nullable Instant lastSeen(io.fleetscale.proto.grid.v1.Presence message) {
        return message.hasLastSeen()
                ? Instant.ofEpochSecond(
                        message.getLastSeen().getSeconds(),
                        message.getLastSeen().getNanos())
                : null;
    }

    /** Whether laying {@code changes} over what is known would change nothing. */
    static boolean changesNothing(Map<Integer, ByteString> changes, PresenceGrid.Entry known) {
        return changes.entrySet().stream()
                .allMatch(change -> known.fields()
                        .getOrDefault(change.getKey(), ByteString.EMPTY)
                        .equals(change.getValue()));
    }
}
