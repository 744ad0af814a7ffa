package io.fleetscale.loadtest.relay;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleSupplier;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * Packets from one half of the nodes to the other at a fixed rate. Each packet is a TLS record of its own, and one in {@value
 * #ECHO_EVERY} is sent back, which gives the time of a round trip under the load. Used by one thread.
 */
final class RelayLoad {
    private static final int ECHO_EVERY = 64;
    private static final byte PLAIN = 0;
    private static final byte ECHO_WANTED = 1;
    private static final byte ECHO = 2;
    /** Time of sending and kind. */
    private static final int HEAD_BYTES = Long.BYTES + 1;

    private static final long TICK_NANOS = 500_000;
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(3);
    private static final long DRAIN_POLL_NANOS = 100_000_000;
    private static final long MAX_ROUND_TRIP_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final RelayClients clients;
    private final LongAdder sent = new LongAdder();
    private final LongAdder delivered = new LongAdder();
    private final Recorder roundTrips = new Recorder(MAX_ROUND_TRIP_NANOS, 3);

    RelayLoad(RelayClients clients) {
        this.clients = clients;
    }

    /**
     * What to send.
     *
     * @param pairs of a sender and a receiver
     * @param packetBytes at least 9
     * @param packetsPerSecond of all pairs together
     */
    record Shape(int pairs, int packetBytes, int packetsPerSecond, Duration time) {}

    /**
     * What came of it.
     *
     * @param cpuSeconds of the relays
     * @param roundTripNanos of the packets that were sent back
     */
    record Outcome(long sent, long delivered, double cpuSeconds, Histogram roundTripNanos) {
        double lossPercent() {
            return 100.0 * (sent - delivered) / Math.max(1, sent);
        }

        double deliveredPerCpuSecond() {
            return delivered / Math.max(0.01, cpuSeconds);
        }

        double roundTripMillis(double percentile) {
            return roundTripNanos.getValueAtPercentile(percentile) / 1e6;
        }
    }

    /**
     * @param senders relay of the senders
     * @param receivers relay of the receivers; another one of the mesh, or the same
     * @param cpu CPU seconds of the relays until now
     */
    Outcome run(InetSocketAddress senders, InetSocketAddress receivers, Shape shape, DoubleSupplier cpu)
            throws Exception {
        List<RelayClient> from = clients.connect(senders, shape.pairs(), this::returned);
        List<RelayClient> to = new ArrayList<>();
        for (int i = 0; i < shape.pairs(); i++) {
            // packets that are sent back go to the sender of the pair
            RelayClient sender = from.get(i);
            to.addAll(clients.connect(
                    receivers, 1, (self, buffer, start, length) -> received(self, sender, buffer, start)));
        }
        try {
            awaitMesh(from, to);
            sent.reset();
            delivered.reset();
            roundTrips.reset();
            double before = cpu.getAsDouble();
            send(from, to, shape);
            awaitArrival();
            double used = cpu.getAsDouble() - before;
            return new Outcome(sent.sum(), delivered.sum(), used, roundTrips.getIntervalHistogram());
        } finally {
            from.forEach(RelayClient::close);
            to.forEach(RelayClient::close);
        }
    }

    /** The other relay of a mesh has to hear of the receivers first. */
    private void awaitMesh(List<RelayClient> from, List<RelayClient> to) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        byte[] probe = new byte[HEAD_BYTES];
        for (int i = 0; i < from.size(); i++) {
            RelayClient sender = from.get(i);
            RelayClient receiver = to.get(i);
            long before = delivered.sum();
            while (delivered.sum() == before) {
                if (System.nanoTime() - end > 0) {
                    throw new IllegalStateException("no packet arrives: do both relays mesh, and let every node in?");
                }
                sender.execute(() -> sender.send(receiver.key(), probe));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
    }

    private void send(List<RelayClient> from, List<RelayClient> to, Shape shape) {
        double perPairAndNano = (double) shape.packetsPerSecond() / shape.pairs() / 1e9;
        long start = System.nanoTime();
        long end = start + shape.time().toNanos();
        long[] done = new long[shape.pairs()];
        long now = start;
        while (now - end < 0) {
            for (int i = 0; i < from.size(); i++) {
                RelayClient sender = from.get(i);
                long due = (long) (perPairAndNano * (now - start));
                int count = (int) (due - done[i]);
                if (count > 0 && sender.isWritable()) {
                    long first = done[i];
                    done[i] = due;
                    RelayClient receiver = to.get(i);
                    sender.execute(() -> sendBatch(sender, receiver, first, count, shape.packetBytes()));
                }
            }
            LockSupport.parkNanos(TICK_NANOS);
            now = System.nanoTime();
        }
    }

    private void sendBatch(RelayClient sender, RelayClient receiver, long first, int count, int bytes) {
        byte[] packet = new byte[bytes];
        for (int i = 0; i < count; i++) {
            boolean echo = (first + i) % ECHO_EVERY == 0;
            ByteBuffer.wrap(packet).putLong(System.nanoTime()).put(echo ? ECHO_WANTED : PLAIN);
            sender.send(receiver.key(), packet);
        }
        sent.add(count);
    }

    private void received(RelayClient self, RelayClient sender, ByteBuf buffer, int start) {
        delivered.increment();
        if (buffer.getByte(start + Long.BYTES) == ECHO_WANTED && self.isWritable()) {
            byte[] answer = new byte[HEAD_BYTES];
            ByteBuffer.wrap(answer).putLong(buffer.getLong(start)).put(ECHO);
            self.send(sender.key(), answer);
        }
    }

    private void returned(RelayClient sender, ByteBuf buffer, int start, int length) {
        if (length == HEAD_BYTES && buffer.getByte(start + Long.BYTES) == ECHO) {
            roundTrips.recordValue(Math.min(MAX_ROUND_TRIP_NANOS, System.nanoTime() - buffer.getLong(start)));
        }
    }

    private void awaitArrival() {
        long end = System.nanoTime() + DRAIN_LIMIT.toNanos();
        long before = -1;
        while (delivered.sum() != before && System.nanoTime() - end < 0) {
            before = delivered.sum();
            LockSupport.parkNanos(DRAIN_POLL_NANOS);
        }
    }
}
