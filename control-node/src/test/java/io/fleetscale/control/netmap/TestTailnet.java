package io.fleetscale.control.netmap;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.derpmap.DerpMapSettings;
import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.flowlog.FlowLogIds;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpEndpoint;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.ControlDialPlan;
import io.fleetscale.wire.tailcfg.DebugSettings;
import io.fleetscale.wire.tailcfg.MapRequest;
import io.fleetscale.wire.zstd.ZstdFrames;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A tailnet in memory with its netmaps, driven on the test's thread. */
final class TestTailnet {
    static final Instant NOW = Instant.parse("2026-08-22T15:48:56Z");
    static final FlowLogIds FLOW_LOGS = new FlowLogIds(io.fleetscale.control.testing.TestTailnet.MAC);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int MAX_MESSAGE_BYTES = 64 << 20;

    final PresenceOverlay presence = new PresenceOverlay();
    final Encoder encoder = new Encoder();
    final MapMessages messages = new MapMessages(
            presence,
            encoder,
            InstantSource.fixed(NOW),
            new DebugSettings(true),
            new ControlDialPlan(List.of()),
            new TailnetOffers(FLOW_LOGS, "tailnet.example"));
    final MapFeed feed = new MapFeed(messages);
    final NetmapDraft draft;
    TailnetImage image = TailnetImage.EMPTY;
    NetmapState state;
    private long counter;

    TestTailnet(CompiledPolicy.Compiler compiler) {
        this(compiler, Duration.ZERO, System::nanoTime);
    }

    TestTailnet(CompiledPolicy.Compiler compiler, Duration hold, LongSupplier nanoTime) {
        this.draft = new NetmapDraft(compiler, presence, hold, nanoTime);
        this.state = draft.publish();
        presence.addListener(draft::presenceChanged);
        apply(
                new Change.SettingPut(new Setting(
                        Setting.DNS, Bytes32.ZERO, dns("tailnet.example").toJson())),
                new Change.SettingPut(new Setting(Setting.DERP_MAP, Bytes32.ZERO, derpMap(901))));
    }

    static DnsSettings dns(String baseDomain) {
        return new DnsSettings(true, baseDomain, true, List.of("192.0.2.53"), new TreeMap<>(), List.of(), List.of());
    }

    static String derpMap(int region) {
        return DerpMapSettings.fromJson("{\"Regions\":{\"" + region
                        + "\":{\"RegionCode\":\"own\",\"RegionName\":\"Own"
                        + " relay\",\"Nodes\":[{\"Name\":\"a\",\"HostName\":\"derp.example.com\"}]}}}")
                .toJson();
    }

    void apply(Change... changes) {
        applyQuietly(changes);
        state = draft.publish();
    }

    /** Without publishing, as when changes pile up. */
    void applyQuietly(Change... changes) {
        TailnetDelta delta = new TailnetDelta(image.version() + 1, List.of(changes));
        TailnetImage before = image;
        image = image.apply(delta);
        draft.apply(before, delta, image);
    }

    void publish() {
        state = draft.publish();
    }

    User addUser(String name) {
        User user = user(image.counters().nextUser(), name);
        apply(new Change.UserPut(user));
        return user;
    }

    static User user(long id, String name) {
        return new User(new UserId(id), name, "", "", "", "", "", NOW, UnknownFieldSet.getDefaultInstance());
    }

    Node addNode(UnaryOperator<Node.Builder> content) {
        Node node = content.apply(node(image.counters().nextNode())).build();
        apply(new Change.NodePut(node));
        return node;
    }

    static Node.Builder node(long id) {
        return Node.builder(new NodeId(id), MachineKey.of(key(id, 1)), NodeKey.of(key(id, 2)), "n" + id + "stable", NOW)
                .hostname("host" + id)
                .givenName("host" + id)
                .tags(List.of("tag:test"))
                .ipv4(IpAddress.v4(0x64400000L + id))
                .ipv6(IpAddress.v6(0xfd7a115ca1e00000L, id));
    }

    static byte[] key(long id, int kind) {
        byte[] key = new byte[32];
        new Random(id * 31 + kind).nextBytes(key);
        return key;
    }

    void report(NodeId node, UnaryOperator<PresenceEdit> edit) {
        presence.offer(node, edit.apply(new PresenceEdit(presence.get(node))).build(++counter));
        state = draft.publish();
    }

    /** Changes of presence in tests. */
    static final class PresenceEdit {
        private Presence value;

        PresenceEdit(Presence value) {
            this.value = value;
        }

        PresenceEdit disco(long id) {
            return with(
                    DiscoKey.of(key(id, 3)), value.endpoints(), value.homeDerp(), value.peerHostinfo(), value.online());
        }

        PresenceEdit endpoint(String text) {
            return with(
                    value.discoKey(),
                    List.of(new MapRequest.Endpoint(IpEndpoint.parse(text), 1)),
                    value.homeDerp(),
                    value.peerHostinfo(),
                    value.online());
        }

        PresenceEdit derp(int region) {
            return with(value.discoKey(), value.endpoints(), region, value.peerHostinfo(), value.online());
        }

        PresenceEdit host(String json) {
            return with(
                    value.discoKey(),
                    value.endpoints(),
                    value.homeDerp(),
                    ByteString.copyFromUtf8(json),
                    value.online());
        }

        PresenceEdit online(boolean online) {
            return with(value.discoKey(), value.endpoints(), value.homeDerp(), value.peerHostinfo(), online);
        }

        private PresenceEdit with(
                DiscoKey disco, List<MapRequest.Endpoint> endpoints, int derp, ByteString host, boolean online) {
            Instant lastSeen = value.online() && !online ? NOW : value.lastSeen();
            value = new Presence(0, 0, disco, endpoints, derp, 145, ByteString.EMPTY, host, online, lastSeen);
            return this;
        }

        Presence build(long counter) {
            return new Presence(
                    1,
                    counter,
                    value.discoKey(),
                    value.endpoints(),
                    value.homeDerp(),
                    value.capabilityVersion(),
                    value.hostinfo(),
                    value.peerHostinfo(),
                    value.online(),
                    value.lastSeen());
        }
    }

    JsonNode full(NodeId viewer) {
        return read(requireFull(viewer).message(), true);
    }

    MapFeed.Full requireFull(NodeId viewer) {
        MapFeed.@Nullable Full full = feed.full(state, viewer, true);
        if (full == null) {
            throw new AssertionError("no map for node " + viewer);
        }
        return full;
    }

    static List<Integer> ids(JsonNode peers) {
        List<Integer> ids = new ArrayList<>();
        peers.forEach(peer -> ids.add(peer.path("ID").asInt()));
        return ids;
    }

    /** Checks the length field and reads the JSON. */
    static JsonNode read(MapMessage message, boolean compressed) {
        return parse(bytes(message), compressed);
    }

    static byte[] bytes(MapMessage message) {
        var buffer = message.toByteBuf();
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        buffer.release();
        return bytes;
    }

    static JsonNode parse(byte[] bytes, boolean compressed) {
        int length = (bytes[0] & 0xFF) | (bytes[1] & 0xFF) << 8 | (bytes[2] & 0xFF) << 16 | (bytes[3] & 0xFF) << 24;
        if (length != bytes.length - 4) {
            throw new AssertionError("length field " + length + " of " + (bytes.length - 4) + " bytes");
        }
        byte[] content = Arrays.copyOfRange(bytes, 4, bytes.length);
        return JSON.readTree(compressed ? ZstdFrames.decompress(content, MAX_MESSAGE_BYTES) : content);
    }

    static JsonNode json(String text) {
        return JSON.readTree(text);
    }
}
