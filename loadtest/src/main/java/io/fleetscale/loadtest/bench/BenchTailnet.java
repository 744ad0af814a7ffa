package io.fleetscale.loadtest.bench;

import com.google.protobuf.ByteString;
import io.fleetscale.control.netmap.Encoder;
import io.fleetscale.control.netmap.MapFeed;
import io.fleetscale.control.netmap.MapMessages;
import io.fleetscale.control.netmap.NetmapState;
import io.fleetscale.control.netmap.Netmaps;
import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpEndpoint;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.ControlDialPlan;
import io.fleetscale.wire.tailcfg.DebugSettings;
import io.fleetscale.wire.tailcfg.MapRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A tailnet of online nodes in memory with the server's own netmaps over it; allow-all policy. To be driven by one thread. */
final class BenchTailnet implements AutoCloseable {
    private static final Instant CREATED = Instant.parse("2026-08-22T15:48:56Z");
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int CAPABILITY_VERSION = 142;

    private final PresenceOverlay presence = new PresenceOverlay();
    private final Encoder encoder = new Encoder();
    private final Netmaps netmaps = new Netmaps(AllowAllPolicy::compile, presence, Duration.ZERO, System::nanoTime);
    private final MapFeed feed = new MapFeed(new MapMessages(
            presence, encoder, InstantSource.system(), new DebugSettings(true), new ControlDialPlan(List.of())));
    private final Random random = new Random(1);
    private final int size;
    private long counter;

    BenchTailnet(int size) throws Exception {
        this.size = size;
        List<Change> changes = new ArrayList<>(size);
        for (int i = 1; i <= size; i++) {
            changes.add(new Change.NodePut(node(i)));
        }
        netmaps.start();
        TailnetImage image = TailnetImage.EMPTY.apply(new TailnetDelta(1, changes));
        netmaps.loaded(image);
        netmaps.reach(1).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        for (int i = 1; i <= size; i++) {
            offer(i, 41641);
        }
        awaitQuiet();
    }

    private Node node(int number) {
        return Node.builder(
                        new NodeId(number), MachineKey.of(key()), NodeKey.of(key()), "n" + number + "stable", CREATED)
                .hostname("host" + number)
                .givenName("host" + number)
                .tags(List.of("tag:bench"))
                .ipv4(IpAddress.v4(0x64400000L + number))
                .ipv6(IpAddress.v6(0xfd7a115ca1e00000L, number))
                .build();
    }

    private byte[] key() {
        byte[] key = new byte[32];
        random.nextBytes(key);
        return key;
    }

    int size() {
        return size;
    }

    MapFeed feed() {
        return feed;
    }

    NetmapState state() {
        return netmaps.state();
    }

    /** Gives a node's endpoint another port and waits for the state that has it. */
    NetmapState move(int node, int port) throws InterruptedException {
        NetmapState before = netmaps.state();
        offer(node, port);
        long end = System.nanoTime() + LIMIT.toNanos();
        while (netmaps.state() == before) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("no new state after a change of presence");
            }
            TimeUnit.MICROSECONDS.sleep(50);
        }
        return netmaps.state();
    }

    private void offer(int number, int port) {
        presence.offer(
                new NodeId(number),
                new Presence(
                        1,
                        ++counter,
                        DiscoKey.of(key()),
                        List.of(new MapRequest.Endpoint(IpEndpoint.parse("198.51.100.7:" + port), 1)),
                        901,
                        CAPABILITY_VERSION,
                        ByteString.EMPTY,
                        ByteString.copyFromUtf8("{\"OS\":\"linux\",\"Hostname\":\"host" + number + "\"}"),
                        true,
                        null));
    }

    private void awaitQuiet() throws InterruptedException {
        NetmapState before;
        do {
            before = netmaps.state();
            TimeUnit.MILLISECONDS.sleep(100);
        } while (netmaps.queueLength() > 0 || netmaps.state() != before);
    }

    @Override
    public void close() {
        netmaps.close();
        encoder.close();
    }
}
