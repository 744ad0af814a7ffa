package io.fleetscale.relay.session;

import io.fleetscale.relay.admission.Admission;
import io.fleetscale.relay.admission.MeshKeys;
import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.wire.derp.BoxKey;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.ClientInfo;
import io.fleetscale.wire.derp.FrameException;
import io.fleetscale.wire.derp.FrameFault;
import io.fleetscale.wire.derp.ServerInfo;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.NodeKey;
import java.security.SecureRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Opens greetings and asks for admission, away from the event loops: a curve operation takes longer than hundreds of
 * packets. The number of greetings in work is bounded. Thread-safe.
 */
public final class Handshakes implements AutoCloseable {
    /** What came of a greeting. */
    public sealed interface Outcome permits Accepted, Refused, Overloaded {}

    /** The node may talk; {@code serverInfo} is the sealed answer to it. */
    public static final class Accepted implements Outcome {
        private final ClientInfo info;
        private final boolean meshRight;
        private final byte[] serverInfo;

        Accepted(ClientInfo info, boolean meshRight, byte[] serverInfo) {
            this.info = info;
            this.meshRight = meshRight;
            this.serverInfo = serverInfo;
        }

        public ClientInfo info() {
            return info;
        }

        /** Whether it has shown the mesh key: it is another relay of the region. */
        public boolean meshRight() {
            return meshRight;
        }

        byte[] serverInfo() {
            return serverInfo;
        }
    }

    /** The owner of the relay does not want the node. */
    public record Refused() implements Outcome {}

    /** Too many greetings are in work; this one was not looked at. */
    public record Overloaded() implements Outcome {}

    private static final long IDLE_THREAD_SECONDS = 10;

    private final BoxKeyPair identity;
    private final Admission admission;
    private final Supplier<MeshKeys> meshKeys;
    private final int maxPending;
    private final Supplier<ServerInfo> serverInfo;
    private final SecureRandom random = new SecureRandom();
    private final AtomicInteger pending = new AtomicInteger();
    private final ExecutorService workers;

    /**
     * @param meshKeys asked for each greeting, so that keys can be changed
     * @param serverInfo what admitted nodes are told, asked for each greeting
     */
    public Handshakes(
            BoxKeyPair identity,
            Admission admission,
            Supplier<MeshKeys> meshKeys,
            Supplier<ServerInfo> serverInfo,
            int maxPending) {
        this.identity = identity;
        this.admission = admission;
        this.meshKeys = meshKeys;
        this.serverInfo = serverInfo;
        this.maxPending = maxPending;
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        // Bounded by maxPending, which is checked before a task is added.
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                IDLE_THREAD_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name("relay-handshake-", 0).daemon().factory());
        pool.allowCoreThreadTimeOut(true);
        this.workers = pool;
    }

    /**
     * Judges a greeting. The future completes with a {@link FrameException} when the node has not proven its key, with
     * another exception when admission failed; it does not time out by itself.
     */
    CompletableFuture<Outcome> judge(NodeKey claimed, byte[] sealed, IpAddress source) {
        if (pending.incrementAndGet() > maxPending) {
            pending.decrementAndGet();
            return CompletableFuture.completedFuture(new Overloaded());
        }
        CompletableFuture<Outcome> outcome = CompletableFuture.supplyAsync(() -> open(claimed, sealed), workers)
                .thenCompose(accepted -> {
                    if (accepted.meshRight()) {
                        return CompletableFuture.completedFuture(accepted);
                    }
                    CompletionStage<Verdict> verdict = admission.admit(claimed, source);
                    return verdict.thenApply(answer -> answer == Verdict.ADMITTED ? accepted : new Refused());
                });
        return outcome.whenComplete((done, failure) -> pending.decrementAndGet());
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }

    private Accepted open(NodeKey claimed, byte[] sealed) {
        BoxKey box = identity.boxWith(claimed)
                .orElseThrow(() -> new FrameException(FrameFault.BAD_KEY, "node key is zero or of low order"));
        byte[] json =
                box.open(sealed).orElseThrow(() -> new FrameException(FrameFault.BAD_BOX, "ClientInfo does not open"));
        ClientInfo info = ClientInfo.parse(json);
        boolean meshRight = meshKeys.get().admits(info.meshKey());
        ServerInfo told = meshRight ? ServerInfo.UNLIMITED : serverInfo.get();
        return new Accepted(info, meshRight, box.seal(told.toJson(), random));
    }
}
