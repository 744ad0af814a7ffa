package io.fleetscale.loadtest.bench;

import io.fleetscale.control.netmap.MapCursor;
import io.fleetscale.control.netmap.MapFeed;
import io.fleetscale.control.netmap.MapMessage;
import io.fleetscale.control.netmap.NetmapState;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import io.fleetscale.wire.zstd.ZstdCompressor;
import io.fleetscale.wire.zstd.ZstdFrames;
import io.netty.buffer.ByteBuf;
import java.lang.management.ManagementFactory;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What maps cost the server: a first map from cached fragments, the same map serialised and compressed anew for one receiver,
 * and the rendering of a delta for each session that gets it. Without the transport.
 */
final class MapBench {
    private static final int ROUNDS = 9;
    private static final int DELTA_ROUNDS = 200;
    private static final int MAX_SESSIONS = 1000;
    private static final int MAX_MAP_BYTES = 256 << 20;
    private static final int LENGTH_BYTES = 4;
    private static final JsonMapper JSON = new JsonMapper();

    private MapBench() {}

    static void run(Report report) throws Exception {
        for (int peers : new int[] {100, 1_000, 10_000}) {
            try (BenchTailnet tailnet = new BenchTailnet(peers + 1)) {
                firstMap(report, tailnet, peers);
                delta(report, tailnet, peers);
            }
        }
    }

    private static void firstMap(Report report, BenchTailnet tailnet, int peers) throws Exception {
        NetmapState state = tailnet.state();
        int perRound = Math.max(20, 100_000 / peers);
        int[] viewer = {0};
        double cached = CpuClock.microsPerRun(ROUNDS, perRound, () -> {
            viewer[0] = viewer[0] % tailnet.size() + 1;
            return full(tailnet, state, viewer[0]);
        });
        byte[] text = text(full(tailnet, state, 1).message());
        JsonNode map = JSON.readTree(text);
        if (map.path("Peers").size() != peers) {
            throw new IllegalStateException(
                    "a first map of " + map.path("Peers").size() + " peers instead of " + peers);
        }
        double naive;
        try (ZstdCompressor compressor = new ZstdCompressor()) {
            naive = CpuClock.microsPerRun(
                    ROUNDS, Math.max(3, perRound / 20), () -> compressor.compress(JSON.writeValueAsBytes(map)));
        }
        String name = "first map, " + peers + " peers, CPU";
        String note = "cached fragments, each time another viewer, median of " + ROUNDS + " x " + perRound;
        report.add(
                switch (peers) {
                    case 1_000 -> Figure.atMost(name, cached / 1000, 0.5, "ms", note);
                    case 10_000 -> Figure.atMost(name, cached / 1000, 5, "ms", note);
                    default -> Figure.of(name, cached / 1000, "ms", note);
                });
        report.add(Figure.of(
                "first map, " + peers + " peers, CPU, naive",
                naive / 1000,
                "ms",
                "the ready tree of " + text.length + " bytes serialised by Jackson and compressed for one receiver"));
    }

    /** One node's endpoint changes; every session but its own gets the message. */
    private static void delta(Report report, BenchTailnet tailnet, int peers) throws Exception {
        int sessions = Math.min(peers, MAX_SESSIONS);
        long spent = 0;
        long delivered = 0;
        for (int round = -DELTA_ROUNDS; round < DELTA_ROUNDS; round++) {
            MapCursor cursor = full(tailnet, tailnet.state(), 1).cursor();
            NetmapState state = tailnet.move(tailnet.size(), 10_000 + DELTA_ROUNDS + round);
            long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            int sent = 0;
            for (int viewer = 1; viewer <= sessions; viewer++) {
                if (tailnet.feed().next(state, cursor, new NodeId(viewer), true) instanceof MapFeed.Next.Send send) {
                    send.message().toByteBuf().release();
                    sent++;
                }
            }
            if (sent != sessions) {
                throw new IllegalStateException("a change for " + sessions + " sessions reached " + sent);
            }
            if (round >= 0) {
                spent += ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
                delivered += sent;
            }
        }
        report.add(Figure.atMost(
                "delta, " + peers + " peers, rendering for each of " + sessions + " sessions, CPU",
                spent / 1000.0 / delivered,
                10,
                "us",
                "endpoint and disco key of one node, first rendering included, transport not; " + DELTA_ROUNDS
                        + " rounds"));
    }

    private static MapFeed.Full full(BenchTailnet tailnet, NetmapState state, int viewer) {
        return Objects.requireNonNull(
                tailnet.feed().full(state, new NodeId(viewer), true), "a node of the tailnet has a map");
    }

    /** What the client reads of a compressed message. */
    static byte[] text(MapMessage message) {
        ByteBuf buffer = message.toByteBuf();
        try {
            byte[] frames = new byte[buffer.readableBytes() - LENGTH_BYTES];
            buffer.getBytes(LENGTH_BYTES, frames);
            return ZstdFrames.decompress(frames, MAX_MAP_BYTES);
        } finally {
            buffer.release();
        }
    }
}
