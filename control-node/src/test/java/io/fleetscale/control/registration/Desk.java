package io.fleetscale.control.registration;

import com.google.protobuf.ByteString;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.api.testing.MemoryLogins;
import io.fleetscale.control.login.LocalLoginSignals;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.preauthkey.NewPreAuthKey;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import io.fleetscale.wire.tailcfg.RegisterRequest;
import io.fleetscale.wire.tailcfg.RegisterResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A tailnet and everything that registers nodes in it, as tests drive it: clients are numbered machines. */
final class Desk implements AutoCloseable {
    static final Instant LOGOUT = Instant.ofEpochSecond(123);

    final TestTailnet tailnet;
    final MemoryLogins logins = new MemoryLogins();
    final LocalLoginSignals signals = new LocalLoginSignals(id -> {});
    final PreAuthKeys keys;
    final Nodes nodes;
    final Registration registration;
    final LoginApprovals approvals;
    final Map<String, Set<String>> tagOwners = new HashMap<>();

    /** Where new nodes get their IPv4 addresses. */
    IpPools pools = IpPools.NONE;

    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

    Desk() {
        this(TestTailnet.create());
    }

    Desk(TestTailnet tailnet) {
        this.tailnet = tailnet;
        TagOwners owners = new TagOwners() {
            @Override
            public boolean exists(TailnetImage image, String tag) {
                return tagOwners.containsKey(tag);
            }

            @Override
            public boolean permits(TailnetImage image, String tag, @Nullable User user, List<IpAddress> addresses) {
                return user != null && tagOwners.getOrDefault(tag, Set.of()).contains(user.name());
            }
        };
        Random random = new Random(7);
        this.keys = new PreAuthKeys(tailnet, TestTailnet.MAC);
        this.nodes = new Nodes(tailnet, owners);
        this.registration = new Registration(
                tailnet,
                TestTailnet.MAC,
                (image, node) -> pools.of(image, node),
                logins,
                signals,
                (node, hostinfo) -> {},
                "https://control.example.com/",
                tailnet::now,
                System::nanoTime,
                random);
        this.approvals = new LoginApprovals(
                tailnet,
                owners,
                (image, node) -> pools.of(image, node),
                logins,
                signals,
                (node, hostinfo) -> {},
                executor,
                tailnet::now,
                random);
    }

    /** A key of {@code user}, or of nobody for null. */
    String key(@Nullable UserId user, boolean reusable, String... tags) {
        return TestTailnet.get(keys.create(new NewPreAuthKey(
                        user, reusable, false, tailnet.now().plus(Duration.ofHours(1)), List.of(tags))))
                .text();
    }

    String ephemeralKey(UserId user) {
        return TestTailnet.get(keys.create(
                        new NewPreAuthKey(user, true, true, tailnet.now().plus(Duration.ofHours(1)), List.of())))
                .text();
    }

    /** What machine {@code machine} is told. */
    RegisterResponse register(int machine, Ask ask) {
        return registration.register(machineKey(machine), "192.0.2.1", ask.request());
    }

    Node onlyNode() {
        if (tailnet.image().nodes().size() != 1) {
            throw new AssertionError(
                    "not one node but " + tailnet.image().nodes().values());
        }
        return tailnet.image().nodes().values().iterator().next();
    }

    Node node(long id) {
        return Nodes.require(tailnet.image(), new NodeId(id));
    }

    static String authId(RegisterResponse response) {
        return response.authUrl().substring("https://control.example.com/register/".length());
    }

    static MachineKey machineKey(int number) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) number);
        return MachineKey.of(bytes);
    }

    static NodeKey nodeKey(int number) {
        byte[] bytes = new byte[32];
        bytes[0] = 1;
        bytes[31] = (byte) number;
        return NodeKey.of(bytes);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }

    /** A register request with everything else as a client sends it at first. */
    record Ask(
            NodeKey nodeKey,
            String authKey,
            @Nullable Instant expiry,
            String followup,
            String hostname,
            boolean ephemeral,
            List<String> requestTags) {
        static Ask of(int nodeKey) {
            return new Ask(Desk.nodeKey(nodeKey), "", null, "", "host", false, List.of());
        }

        Ask key(String text) {
            return new Ask(nodeKey, text, expiry, followup, hostname, ephemeral, requestTags);
        }

        Ask expiry(Instant at) {
            return new Ask(nodeKey, authKey, at, followup, hostname, ephemeral, requestTags);
        }

        Ask followup(String url) {
            return new Ask(nodeKey, authKey, expiry, url, hostname, ephemeral, requestTags);
        }

        Ask hostname(String name) {
            return new Ask(nodeKey, authKey, expiry, followup, name, ephemeral, requestTags);
        }

        Ask asEphemeral() {
            return new Ask(nodeKey, authKey, expiry, followup, hostname, true, requestTags);
        }

        Ask tags(String... tags) {
            return new Ask(nodeKey, authKey, expiry, followup, hostname, ephemeral, List.of(tags));
        }

        private RegisterRequest request() {
            String tags = requestTags.stream().map(tag -> '"' + tag + '"').collect(Collectors.joining(","));
            Hostinfo host = Hostinfo.parse(ByteString.copyFromUtf8(
                    "{\"OS\":\"linux\",\"Hostname\":\"" + hostname + "\",\"RequestTags\":[" + tags + "]}"));
            return new RegisterRequest(
                    145,
                    nodeKey,
                    NodeKey.ZERO,
                    LockKey.ZERO,
                    authKey,
                    expiry,
                    followup,
                    host,
                    ephemeral,
                    ByteString.EMPTY,
                    "",
                    null,
                    ByteString.EMPTY,
                    ByteString.EMPTY,
                    "");
        }
    }

    static Set<String> owners(String... names) {
        return Stream.of(names).collect(Collectors.toSet());
    }
}
