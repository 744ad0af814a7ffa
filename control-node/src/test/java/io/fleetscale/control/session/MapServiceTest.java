package io.fleetscale.control.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.protobuf.ByteString;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.testing.MemoryChangelog;
import io.fleetscale.control.frontdoor.noise.MapStream;
import io.fleetscale.control.netmap.Encoder;
import io.fleetscale.control.netmap.MapFeed;
import io.fleetscale.control.netmap.MapMessages;
import io.fleetscale.control.netmap.Netmaps;
import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.presence.GraceTimes;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.presence.PresenceWriter;
import io.fleetscale.control.presence.Presences;
import io.fleetscale.control.presence.testing.MemoryPresenceGrid;
import io.fleetscale.control.presence.testing.MemoryPresenceStore;
import io.fleetscale.control.presence.testing.MemorySessionGrid;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.ControlDialPlan;
import io.fleetscale.wire.tailcfg.DebugSettings;
import io.fleetscale.wire.tailcfg.MapRequest;
import io.fleetscale.wire.tailcfg.PingRequest;
import io.fleetscale.wire.zstd.ZstdFrames;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.HashedWheelTimer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MapServiceTest {
    private static final Instant NOW = Instant.parse("2026-08-22T15:48:56Z");
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration SHORT = Duration.ofMillis(200);

    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, LocalIoHandler.newFactory());
    private final EventLoop loop = loops.next();
    private final HashedWheelTimer timer = new HashedWheelTimer(10, TimeUnit.MILLISECONDS);
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final MemoryChangelog changelog = new MemoryChangelog(InstantSource.fixed(NOW), 1);
    private final PresenceOverlay overlay = new PresenceOverlay();
    private final MemoryPresenceStore store = new MemoryPresenceStore();
    private final PresenceWriter writer = new PresenceWriter(store, Duration.ofMillis(20));
    private final Encoder encoder = new Encoder();
    private final MapFeed feed = new MapFeed(new MapMessages(
            overlay,
            encoder,
            InstantSource.fixed(NOW),
            new DebugSettings(true),
            new ControlDialPlan(List.of(new ControlDialPlan.Candidate(
                    IpAddress.parse("192.0.2.7"), Duration.ZERO, Duration.ofSeconds(5), 0)))));
    private final FirstMapGate gate = new FirstMapGate(2, 1000);
    private final AtomicLong nanos = new AtomicLong();
    private volatile boolean policyFails;
    private final Netmaps netmaps = new Netmaps(
            image -> {
                if (policyFails) {
                    throw new IllegalStateException("a policy that cannot be compiled");
                }
                return AllowAllPolicy.compile(image);
            },
            overlay,
            Duration.ZERO,
            System::nanoTime);
    private final MemoryPresenceGrid grid = new MemoryPresenceGrid();
    private final Presences presences = new Presences(
            grid,
            new MemorySessionGrid(),
            overlay,
            writer,
            InstantSource.fixed(NOW),
            blocking,
            timer,
            new Presences.Instance("a", 1),
            new GraceTimes(SHORT, SHORT, SHORT));
    private final MapSessions sessions = new MapSessions(netmaps, feed, presences, gate, nanos::get, new Random(1));
    private final List<String> hostReports = new ArrayList<>();
    private final MapService service = new MapService(
            changelog,
            netmaps,
            feed,
            presences,
            (image, node, hostinfo) -> {
                hostReports.add(hostinfo.hostname());
                return CompletableFuture.completedFuture(null);
            },
            sessions,
            gate,
            () -> true);

    private static final class NoOtherInstance implements PingExchange {
        @Override
        public void listen(Listener listener) {}

        @Override
        public void request(String token, NodeId node, PingRequest request, Duration life) {}

        @Override
        public boolean answer(String token, MachineKey machineKey, ByteString body) {
            return false;
        }
    }

    /** What a client got. */
    private final class Reply implements MapReply {
        final FakeMapStream stream = new FakeMapStream(loop);
        volatile int status;
        volatile String reason = "";

        @Override
        public void done() {
            status = 200;
        }

        @Override
        public void refuse(int status, String reason) {
            this.reason = reason;
            this.status = status;
        }

        @Override
        public MapStream open() {
            status = 200;
            return stream;
        }

        JsonNode message(int index) {
            await().until(() -> stream.messages.size() > index);
            byte[] bytes = stream.messages.get(index);
            return JSON.readTree(ZstdFrames.decompress(Arrays.copyOfRange(bytes, 4, bytes.length), 1 << 20));
        }
    }

    @BeforeEach
    void start() {
        changelog.addListener(netmaps);
        netmaps.start();
        writer.start();
        presences.start();
        presences.reconcileRegularly(node -> changelog.image().node(node) != null);
        sessions.start();
    }

    @AfterEach
    void stop() {
        netmaps.close();
        writer.close();
        gate.close();
        timer.stop();
        blocking.shutdownNow();
        encoder.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void aPollGetsAFullMapAndThenWhatChanges() {
        addNode(1);
        addNode(2);
        Reply first = poll(1);
        assertThat(first.message(0).at("/Node/ID").asInt()).isEqualTo(1);
        assertThat(first.message(0).at("/Peers/0/ID").asInt()).isEqualTo(2);

        Reply second = poll(2);

        assertThat(first.message(1).at("/PeersChangedPatch/0/Online").asBoolean())
                .isTrue();
        assertThat(second.message(0).at("/Peers/0/Online").asBoolean()).isTrue();
        assertThat(sessions.count()).isEqualTo(2);
    }

    @Test
    void aLiteUpdateIsAnsweredAndReachesPeers() {
        addNode(1);
        addNode(2);
        Reply watcher = poll(1);
        watcher.message(0);

        Reply update = send(
                2,
                "\"OmitPeers\":true,\"DiscoKey\":\"discokey:" + "ab".repeat(32)
                        + "\",\"Endpoints\":[\"192.0.2.7:41641\"],\"EndpointTypes\":[2],"
                        + "\"Hostinfo\":{\"OS\":\"linux\",\"Hostname\":\"build\",\"NetInfo\":{\"PreferredDERP\":901}}");

        await().until(() -> update.status == 200);
        JsonNode peer = watcher.message(1).at("/PeersChanged/0");
        assertThat(peer.get("HomeDERP").asInt()).isEqualTo(901);
        assertThat(peer.at("/Endpoints/0").asString()).isEqualTo("192.0.2.7:41641");
        assertThat(peer.at("/Hostinfo")).isEqualTo(JSON.readTree("{\"OS\":\"linux\",\"Hostname\":\"build\"}"));
        assertThat(hostReports).containsExactly("build");
        await().until(() -> store.presence().size() == 2);
    }

    @Test
    void netInfoAndDiscoKeySurviveAnUpdateWithoutThem() {
        addNode(1);
        Reply update = send(
                1,
                "\"OmitPeers\":true,\"DiscoKey\":\"discokey:" + "ab".repeat(32)
                        + "\",\"Hostinfo\":{\"NetInfo\":{\"PreferredDERP\":901}}");
        await().until(() -> update.status == 200);

        Reply later = send(
                1,
                "\"OmitPeers\":true,\"DiscoKey\":\"discokey:" + "00".repeat(32) + "\",\"Hostinfo\":{\"OS\":\"linux\"}");
        await().until(() -> later.status == 200);

        assertThat(overlay.get(new NodeId(1)).homeDerp()).isEqualTo(901);
        assertThat(overlay.get(new NodeId(1)).discoKey().isZero()).isFalse();
        assertThat(overlay.get(new NodeId(1)).hostinfo().toStringUtf8()).contains("\"OS\":\"linux\"", "PreferredDERP");
    }

    @Test
    void aNewerPollReplacesTheOlderOneWithoutBeingSeenOffline() {
        addNode(1);
        addNode(2);
        Reply watcher = poll(1);
        watcher.message(0);
        Reply old = poll(2);
        old.message(0);
        watcher.message(1);

        Reply fresh = poll(2);
        fresh.message(0);

        await().until(() -> old.stream.ended);
        await().during(SHORT.multipliedBy(2))
                .atMost(Duration.ofSeconds(5))
                .until(() -> overlay.get(new NodeId(2)).online());
        assertThat(fresh.stream.ended).isFalse();
        assertThat(watcher.stream.messages).hasSize(2);
    }

    /** Two machines with one state: peers see one node online all the time, and the two take turns. */
    @Test
    void f024ClonesTakeTurnsAndAreNamed() {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(Clones.class);
        lines.start();
        logger.addAppender(lines);
        try {
            addNode(1);
            addNode(2);
            Reply watcher = poll(1);
            watcher.message(0);
            send(2, 7, "\"Stream\":true").message(0);
            watcher.message(1);
            send(2, 8, "\"Stream\":true").message(0);
            Reply present = send(2, 7, "\"Stream\":true");
            present.message(0);
            assertThat(lines.list).isEmpty();

            Reply held = send(2, 8, "\"Stream\":true");

            await().until(() -> lines.list.size() == 1);
            assertThat(lines.list.getFirst().getFormattedMessage()).contains("two machines have the keys of one node");
            assertThat(String.valueOf(lines.list.getFirst().getKeyValuePairs()))
                    .contains("2", "192.0.2.7", "192.0.2.8");
            assertThat(present.stream.ended).isFalse();
            assertThat(held.stream.messages).isEmpty();
            await().atMost(Duration.ofSeconds(30)).until(() -> !held.stream.messages.isEmpty() && present.stream.ended);
            assertThat(watcher.stream.messages)
                    .as("nothing but that the node came")
                    .hasSize(2);
        } finally {
            logger.detachAppender(lines);
        }
    }

    /** A client that polls anew over its connection, or over a new one, is alone. */
    @Test
    void f024AClientThatComesAgainIsNoClone() {
        addNode(1);
        for (long connection : new long[] {7, 7, 7, 8, 8, 9, 9}) {
            Reply reply = send(1, connection, "\"Stream\":true");
            reply.message(0);
            reply.stream.close();
            send(1, connection, "\"Stream\":true").message(0);
            send(1, connection, "\"Stream\":true").message(0);
            assertThat(sessions.isClone(new NodeId(1), caller(connection))).isFalse();
        }
    }

    @Test
    void peersHearOfTheEndWhenTheGraceIsOver() {
        addNode(1);
        addNode(2);
        Reply watcher = poll(1);
        watcher.message(0);
        Reply other = poll(2);
        other.message(0);
        watcher.message(1);

        other.stream.close();

        JsonNode patch = watcher.message(2).at("/PeersChangedPatch/0");
        assertThat(patch)
                .isEqualTo(JSON.readTree("{\"NodeID\":2,\"Online\":false,\"LastSeen\":\"2026-08-22T15:48:56Z\"}"));
    }

    @Test
    void aPollThatFailsAfterItsSessionWasOpenedLeavesNobodyOnline() {
        policyFails = true;
        netmaps.loaded(changelog.image()); // compiles from nothing, which fails from here on
        addNode(1);

        Reply refused = poll(1);

        await().until(() -> refused.status == 503);
        await().until(() -> store.presence().size() == 1);
        await().until(() -> !overlay.get(new NodeId(1)).online());
        assertThat(sessions.count()).isZero();
    }

    @Test
    void whoComesWhileTheGridIsAwayIsSentElsewhere() {
        addNode(1);
        grid.setStopped(true);
        Reply early = send(1, "\"Stream\":true");
        await().until(() -> early.status == 503);
        assertThat(early.reason).contains("not in its grid");
        grid.setStopped(false);
        assertThat(poll(1).message(0).at("/Node/ID").asInt()).isEqualTo(1);
    }

    @Test
    void aReturnWithinTheGraceIsInvisible() {
        addNode(1);
        addNode(2);
        Reply watcher = poll(1);
        watcher.message(0);
        Reply other = poll(2);
        other.message(0);
        watcher.message(1);

        other.stream.close();
        poll(2).message(0);

        await().during(SHORT.multipliedBy(2))
                .atMost(Duration.ofSeconds(5))
                .until(() -> watcher.stream.messages.size() == 2);
    }

    @Test
    void aSlowReaderGetsTheSumOfWhatItMissed() {
        addNode(1);
        for (int i = 2; i <= 20; i++) {
            addNode(i);
        }
        Reply slow = poll(1);
        slow.message(0);
        slow.stream.setWritable(false);
        for (int i = 2; i <= 20; i++) {
            poll(i).message(0);
        }
        assertThat(slow.stream.messages).hasSize(1);

        slow.stream.setWritable(true);

        assertThat(slow.message(1).get("PeersChangedPatch")).hasSize(19);
        assertThat(slow.stream.messages).hasSize(2);
    }

    @Test
    void idleSessionsGetKeepAlivesInTime() {
        addNode(1);
        Reply reply = poll(1);
        reply.message(0);
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(60));

        JsonNode keepAlive = reply.message(1);

        assertThat(keepAlive.get("KeepAlive").asBoolean()).isTrue();
        assertThat(keepAlive.has("ControlTime")).isTrue();
    }

    @Test
    void strangersAreRefused() {
        addNode(1);
        Reply wrongMachine = new Reply();
        service.handle(MachineKey.of(key(9, 9)), caller(1), request(1, "\"Stream\":true"), wrongMachine);
        Reply unknown = send(7, "\"OmitPeers\":true");

        await().until(() -> wrongMachine.status == 404 && unknown.status == 404);
        assertThat(unknown.reason).contains("no such node");
    }

    @Test
    void aPollWithAKeyThatNobodyHasIsToldThatItIsOver() {
        Reply unknown = send(7, "\"Stream\":true");

        JsonNode own = unknown.message(0).get("Node");
        assertThat(own.get("Key").asString()).isEqualTo(NodeKey.of(key(7, 2)).toString());
        assertThat(Instant.parse(own.get("KeyExpiry").asString())).isBefore(NOW);
        await().until(() -> unknown.stream.ended);
        assertThat(sessions.count()).isZero();
    }

    @Test
    void withoutADatabaseKnownNodesAreServedAndUnknownOnesAskedToComeBack() {
        addNode(1);
        changelog.setAway(true);

        Reply unknown = send(7, "\"Stream\":true");

        assertThat(poll(1).message(0).at("/Node/ID").asInt()).isEqualTo(1);
        await().until(() -> unknown.status == 503);
    }

    @Test
    void oneShotAndReadOnlyRequestsGetOneMap() {
        addNode(1);
        addNode(2);
        Reply oneShot = send(1, "\"Hostinfo\":{\"OS\":\"linux\"}");
        assertThat(oneShot.message(0).at("/Peers/0/ID").asInt()).isEqualTo(2);
        await().until(() -> oneShot.stream.ended);

        Reply readOnly = send(2, "\"ReadOnly\":true,\"Hostinfo\":{\"OS\":\"linux\"}");
        assertThat(readOnly.message(0).at("/Peers/0/Hostinfo/OS").asString()).isEqualTo("linux");
        assertThat(overlay.get(new NodeId(2)).hostinfo().isEmpty()).isTrue();
        assertThat(sessions.count()).isZero();
    }

    @Test
    void aMapSaysWhereTheInstancesAre() {
        addNode(1);
        assertThat(poll(1).message(0).at("/ControlDialPlan/Candidates/0/IP").asString())
                .isEqualTo("192.0.2.7");
    }

    @Test
    void aClientAnswersARequestToItsHandlers() {
        Node node = addNode(1);
        Reply reply = poll(1);
        reply.message(0);
        Pings pings = new Pings(
                sessions,
                new NoOtherInstance(),
                id -> false,
                "https://control.example.com",
                new PingTokens(TestTailnet.MAC, InstantSource.system(), new SecureRandom()));

        CompletableFuture<ByteString> answer = pings.c2n(
                node, ByteString.copyFromUtf8("GET /echo HTTP/1.1\r\nHost: c2n\r\n\r\n"), Duration.ofSeconds(5));
        String url = reply.message(1).at("/PingRequest/URL").asString();
        String token = url.substring(url.lastIndexOf('/') + 1);

        assertThat(pings.answer(token, MachineKey.of(key(2, 1)), ByteString.EMPTY))
                .isFalse();
        assertThat(pings.answer(token, node.machineKey(), ByteString.copyFromUtf8("HTTP/1.1 200 OK")))
                .isTrue();
        assertThat(answer.join().toStringUtf8()).isEqualTo("HTTP/1.1 200 OK");
    }

    @Test
    void aRemovedNodesStreamEndsWithTheEndOfItsKey() {
        addNode(1);
        addNode(2);
        Reply reply = poll(1);
        reply.message(0);

        changelog
                .write((image, context) -> Decision.of(true, new Change.NodeRemoved(new NodeId(1))))
                .join();

        await().until(() -> reply.stream.ended);
        JsonNode own = reply.message(reply.stream.messages.size() - 1).get("Node");
        assertThat(own.get("ID").asLong()).isEqualTo(1);
        assertThat(own.get("Key").asString()).isEqualTo(NodeKey.of(key(1, 2)).toString());
        assertThat(Instant.parse(own.get("KeyExpiry").asString())).isBefore(NOW);
    }

    private Node addNode(long id) {
        Node node = Node.builder(new NodeId(id), MachineKey.of(key(id, 1)), NodeKey.of(key(id, 2)), "n" + id, NOW)
                .hostname("host" + id)
                .givenName("host" + id)
                .tags(List.of("tag:test"))
                .ipv4(IpAddress.v4(0x64400000L + id))
                .build();
        changelog
                .write((image, context) -> Decision.of(true, new Change.NodePut(node)))
                .join();
        return node;
    }

    private Reply poll(long id) {
        return send(id, "\"Stream\":true");
    }

    private Reply send(long id, String members) {
        return send(id, 100 + id, members);
    }

    private Reply send(long id, long connection, String members) {
        Reply reply = new Reply();
        service.handle(MachineKey.of(key(id, 1)), caller(connection), request(id, members), reply);
        return reply;
    }

    private static Caller caller(long connection) {
        return new Caller(connection, IpAddress.v4(0xC0000200L + connection));
    }

    private static MapRequest request(long id, String members) {
        String json = "{\"Version\":145,\"Compress\":\"zstd\",\"KeepAlive\":true,\"NodeKey\":\""
                + NodeKey.of(key(id, 2)) + "\"," + members + "}";
        return MapRequest.parse(json.getBytes(UTF_8));
    }

    private static byte[] key(long id, int kind) {
        byte[] key = new byte[32];
        new Random(id * 31 + kind).nextBytes(key);
        return key;
    }
}
