package io.fleetscale.control.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.node.NodeDefaults;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.setting.SettingImport;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SingletonsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration TIMEOUT = Duration.ofSeconds(70);
    private static final TagOwners NO_TAGS = new TagOwners() {
        @Override
        public boolean exists(TailnetImage image, String tag) {
            return false;
        }

        @Override
        public boolean permits(TailnetImage image, String tag, @Nullable User user, List<IpAddress> addresses) {
            return false;
        }
    };

    private final TestTailnet tailnet = TestTailnet.create();
    private final PresenceOverlay presence = new PresenceOverlay();

    private Singletons instance(BooleanSupplier elected) {
        Singletons instance = new Singletons(
                tailnet,
                new Nodes(tailnet, NO_TAGS),
                presence,
                new SettingImport(tailnet),
                Map::of,
                elected,
                tailnet::now);
        instance.start();
        return instance;
    }

    private void register(long id) {
        byte[] key = new byte[32];
        key[0] = (byte) id;
        tailnet.apply(new Change.NodePut(
                Node.builder(new NodeId(id), MachineKey.of(key), NodeKey.of(key), "n" + id, TestTailnet.START)
                        .givenName("ci-" + id)
                        .tags(List.of("tag:ci"))
                        .ephemeral(true)
                        .build()));
    }

    private void seen(long id, boolean online, @Nullable Instant lastSeen) {
        NodeId node = new NodeId(id);
        presence.offer(
                node,
                new Presence(
                        1,
                        presence.get(node).counter() + 1,
                        DiscoKey.ZERO,
                        List.of(),
                        0,
                        0,
                        ByteString.EMPTY,
                        ByteString.EMPTY,
                        online,
                        lastSeen));
    }

    private List<Long> left() {
        return tailnet.image().nodes().keySet().stream().map(NodeId::value).toList();
    }

    private static List<Long> ids(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }

    /**
     * Nodes that never polled count from their registration, those that left from the end of their session, those that are connected not at
     * all; the instance that acts for all may die in between.
     */
    @Test
    void f022EphemeralNodesGoOnceAndInTimeWhicheverInstanceActs() {
        Map<NodeId, Integer> removals = new ConcurrentHashMap<>();
        tailnet.addListener(new ImageListener() {
            @Override
            public void loaded(TailnetImage image) {}

            @Override
            public void applied(TailnetImage before, TailnetDelta delta, TailnetImage after) {
                for (Change change : delta.changes()) {
                    if (change instanceof Change.NodeRemoved(NodeId id)) {
                        removals.merge(id, 1, Integer::sum);
                    }
                }
            }
        });
        tailnet.set(Setting.NODE_DEFAULTS, new NodeDefaults(Duration.ZERO, TIMEOUT, "tn.example.com").toJson());
        ids(1, 40).forEach(this::register);
        ids(11, 20).forEach(id -> seen(id, true, null));
        ids(21, 30).forEach(id -> seen(id, false, TestTailnet.START.plusSeconds(20)));
        ids(31, 40).forEach(id -> seen(id, true, null));
        AtomicBoolean firstActs = new AtomicBoolean(true);
        Singletons first = instance(firstActs::get);
        try (Singletons _ = instance(() -> !firstActs.get())) {
            tailnet.pass(Duration.ofSeconds(69));
            await().during(Duration.ofSeconds(2)).atMost(PATIENCE).until(() -> left().size() == 40);
            tailnet.pass(Duration.ofSeconds(2));
            await().atMost(PATIENCE).until(() -> left().equals(ids(11, 40)));

            first.close();
            firstActs.set(false);
            tailnet.pass(Duration.ofSeconds(20));
            await().atMost(PATIENCE).until(() -> left().size() == 20 && !left().contains(21L) && !left().contains(30L));

            ids(31, 40).forEach(id -> seen(id, false, tailnet.now()));
            tailnet.pass(Duration.ofSeconds(200));
            await().atMost(PATIENCE).until(() -> left().equals(ids(11, 20)));
        }
        assertThat(removals)
                .hasSize(30)
                .allSatisfy((node, times) -> assertThat(times).isEqualTo(1));
    }
}
