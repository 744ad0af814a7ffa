package io.fleetscale.control.netmap;

import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.tailnet.NodeId;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * Processor time per first map, from cached fragments and made anew, and per delivered delta without the transport. Run as a
 * program; prints microseconds.
 */
final class NetmapBenchmark {
    private static final int WARM_UP = 3;

    private NetmapBenchmark() {}

    public static void main(String[] arguments) {
        for (int peers : new int[] {100, 1_000, 10_000}) {
            TestTailnet tailnet = new TestTailnet(AllowAllPolicy::compile);
            for (int i = 1; i <= peers; i++) {
                tailnet.addNode(node -> node);
                int number = i;
                tailnet.report(
                        new NodeId(i),
                        edit -> edit.disco(number)
                                .endpoint("198.51.100.7:" + (1 + number % 60_000))
                                .derp(901)
                                .host("{\"OS\":\"linux\",\"Hostname\":\"host" + number + "\"}")
                                .online(true));
            }
            int rounds = 400_000 / peers + 50;
            for (int i = 0; i < WARM_UP; i++) {
                cached(tailnet, peers, rounds);
                naive(tailnet, Math.max(5, rounds / 20));
            }
            int bytes = tailnet.requireFull(new NodeId(1)).message().length();
            LoggerFactory.getLogger(NetmapBenchmark.class)
                    .info(
                            "{} peers: first map cached {} us, naive {} us, {} bytes; delta of one node {} us per session, of one"
                                    + " to a thousand sessions with rendering",
                            peers,
                            cached(tailnet, peers, rounds),
                            naive(tailnet, Math.max(5, rounds / 20)),
                            bytes,
                            delta(tailnet, peers));
        }
    }

    private static long cached(TestTailnet tailnet, int peers, int rounds) {
        long start = processorNanos();
        for (int i = 0; i < rounds; i++) {
            tailnet.requireFull(new NodeId(1 + i % peers));
        }
        return (processorNanos() - start) / rounds / 1000;
    }

    /** Renders and compresses everything for one receiver. */
    private static long naive(TestTailnet tailnet, int rounds) {
        ClassView view = tailnet.state.views().values().iterator().next();
        long start = processorNanos();
        for (int i = 0; i < rounds; i++) {
            MessageBuilder message = tailnet.messages.builder(true, false);
            message.text().beginObject().name("Peers").beginArray();
            for (int f = 0; f < view.fragmentCount(); f++) {
                for (int p = 0; p < view.fragment(f).size(); p++) {
                    PeerEntry peer = view.fragment(f).peer(p);
                    message.text().raw(peer.rendered());
                }
            }
            message.text().endArray().endObject();
            message.finish();
        }
        return (processorNanos() - start) / rounds / 1000;
    }

    private static double delta(TestTailnet tailnet, int peers) {
        int sessions = Math.min(peers, 1_000);
        int rounds = 200;
        long spent = 0;
        for (int round = 0; round < rounds; round++) {
            List<MapCursor> cursors = new ArrayList<>();
            MapCursor cursor = tailnet.requireFull(new NodeId(1)).cursor();
            for (int i = 0; i < sessions; i++) {
                cursors.add(cursor);
            }
            int port = 1 + round;
            long start = processorNanos();
            tailnet.report(new NodeId(peers), edit -> edit.endpoint("192.0.2.1:" + port));
            for (int i = 1; i < sessions; i++) {
                if (tailnet.feed.next(tailnet.state, cursors.get(i), new NodeId(i), true)
                        instanceof MapFeed.Next.Send send) {
                    send.message().toByteBuf().release();
                }
            }
            spent += processorNanos() - start;
        }
        return spent / 1000.0 / rounds / sessions;
    }

    private static long processorNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
