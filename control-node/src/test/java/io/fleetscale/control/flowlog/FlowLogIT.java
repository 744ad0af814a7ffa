package io.fleetscale.control.flowlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.flowlog.FlowLogUploads.Outcome;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.logstream.LogSource;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.zstd.ZstdCompressor;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Uploads of clients into a real database and back. */
class FlowLogIT {
    private static final Instant START = TestTailnet.START;
    private static final String TRAFFIC =
            ",\"virtualTraffic\":[{\"proto\":6,\"src\":\"100.64.0.1:1\",\"dst\":\"100.64.0.2:22\",\"txPkts\":1,\"txBytes\":60}]";

    private final TestTailnet tailnet = TestTailnet.create();
    private final Database database = TestDatabase.open();
    private final FlowLog log = new FlowLog(database.writeSource(), Duration.ofDays(30), 1_000);
    private final FlowLogWriter writer = new FlowLogWriter(log, tailnet::now);
    private final FlowLogIds ids = new FlowLogIds(TestTailnet.MAC);
    private final AtomicLong nanos = new AtomicLong();
    private final FlowLogUploads uploads = new FlowLogUploads(tailnet, ids, writer, nanos::get);
    private final Node node = Node.builder(
                    new NodeId(1), MachineKey.of(new byte[32]), NodeKey.of(new byte[32]), "n1", START)
            .hostname("a")
            .givenName("a")
            .ipv4(IpAddress.parse("100.64.0.1"))
            .build();

    @BeforeEach
    void start() {
        tailnet.apply(new Change.NodePut(node));
        switchOn(true);
        writer.start();
    }

    @AfterEach
    void close() {
        writer.close();
        database.close();
    }

    private void switchOn(boolean on) {
        String json = TailnetSettings.INITIAL
                .toJson()
                .replace("\"networkFlowLoggingOn\":false", "\"networkFlowLoggingOn\":" + on);
        tailnet.apply(TailnetSettings.fromJson(json).put());
    }

    private static String record(long sequence, String node) {
        return "{\"logtail\":{\"proc_id\":7,\"proc_seq\":" + sequence + "},\"nodeId\":\"" + node + "\","
                + FlowRecordsTest.TIMES + TRAFFIC + "}";
    }

    private HttpReply upload(String collection, String id, String query, byte[] body, String... headers) {
        HttpHeaders all = new DefaultHttpHeaders();
        for (int i = 0; i < headers.length; i += 2) {
            all.set(headers[i], headers[i + 1]);
        }
        RouteTable.Builder routes = RouteTable.builder();
        uploads.register(routes); // the pattern is one that the table takes
        try {
            return uploads.upload(new HttpCall(
                    "POST",
                    "/c/" + collection + "/" + id,
                    query,
                    Map.of("collection", collection, "id", id),
                    all,
                    body,
                    IpAddress.parse("192.0.2.9"),
                    true));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private HttpReply upload(String body) {
        return upload(
                FlowLogUploads.COLLECTION,
                ids.ofNode(node.id()),
                "copyId=" + ids.ofTailnet(),
                body.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> stored() throws SQLException {
        return log.between(START.minusSeconds(1), tailnet.now().plusSeconds(1)).orElseThrow();
    }

    @Test
    void whatIsAnsweredWith200IsThere() throws SQLException {
        assertThat(upload("[" + record(1, "n1") + "," + record(2, "n1") + "]").status())
                .isEqualTo(200);

        assertThat(stored())
                .hasSize(2)
                .allSatisfy(entry -> assertThat(entry)
                        .startsWith("{\"logged\":\"2026-03-01T12:00:00Z\",\"nodeId\":\"n1\",\"start\":")
                        .contains("\"proto\":6,")
                        .endsWith("}]}"));
        assertThat(log.between(START.plusSeconds(1), START.plusSeconds(2)).orElseThrow())
                .isEmpty();
    }

    @Test
    void anUploadThatComesAgainIsStoredOnce() throws SQLException {
        String body = "[" + record(1, "n1") + "]";

        assertThat(upload(body).status()).isEqualTo(200);
        assertThat(upload(body).status()).isEqualTo(200);

        assertThat(stored()).hasSize(1);
    }

    @Test
    void clientsCompress() throws SQLException {
        try (ZstdCompressor zstd = new ZstdCompressor()) {
            byte[] body = zstd.compress(("[" + record(1, "n1") + "]").getBytes(StandardCharsets.UTF_8));
            HttpReply reply = upload(
                    FlowLogUploads.COLLECTION,
                    ids.ofNode(node.id()),
                    "copyId=" + ids.ofTailnet(),
                    body,
                    "Content-Encoding",
                    "zstd");
            assertThat(reply.status()).isEqualTo(200);
            byte[] bomb = zstd.compress(new byte[64 * 1024 * 1024]);
            assertThat(upload(
                                    FlowLogUploads.COLLECTION,
                                    ids.ofNode(node.id()),
                                    "copyId=" + ids.ofTailnet(),
                                    bomb,
                                    "Content-Encoding",
                                    "zstd")
                            .status())
                    .isEqualTo(400);
        }
        assertThat(stored()).hasSize(1);
    }

    @Test
    void strangersAreRefused() throws SQLException {
        byte[] body = ("[" + record(1, "n1") + "]").getBytes(StandardCharsets.UTF_8);
        String id = ids.ofNode(node.id());
        String copy = "copyId=" + ids.ofTailnet();

        assertThat(upload(FlowLogUploads.COLLECTION, ids.ofNode(new NodeId(2)), copy, body)
                        .status())
                .isEqualTo(403);
        assertThat(upload(FlowLogUploads.COLLECTION, "0".repeat(64), copy, body).status())
                .isEqualTo(403);
        assertThat(upload(FlowLogUploads.COLLECTION, id, "", body).status()).isEqualTo(403);
        assertThat(upload(FlowLogUploads.COLLECTION, id, "copyId=" + id, body).status())
                .isEqualTo(403);
        assertThat(stored()).isEmpty();
        assertThat(uploads.count(Outcome.REFUSED)).isEqualTo(4);
    }

    @Test
    void otherLogsOfClientsAreTakenAndDropped() throws SQLException {
        byte[] body = "[{\"text\":\"a line\"}]".getBytes(StandardCharsets.UTF_8);

        assertThat(upload("tailnode.log.tailscale.io", "ab".repeat(32), "", body)
                        .status())
                .isEqualTo(200);
        assertThat(stored()).isEmpty();
    }

    /** A client that was just told to stop uploads the rest, and must not try for ever. */
    @Test
    void whatComesAfterTheSwitchIsTakenAndDropped() throws SQLException {
        switchOn(false);

        assertThat(upload("[" + record(1, "n1") + "]").status()).isEqualTo(200);
        assertThat(stored()).isEmpty();
    }

    @Test
    void whatCannotBeReadIsRefused() {
        assertThat(upload("[{").status()).isEqualTo(400);
        assertThat(upload(
                                FlowLogUploads.COLLECTION,
                                ids.ofNode(node.id()),
                                "copyId=" + ids.ofTailnet(),
                                new byte[] {1, 2, 3},
                                "Content-Encoding",
                                "br")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void aNodeThatUploadsTooMuchIsAskedToComeAgain() {
        String large = "[" + " ".repeat(1024 * 1024) + "]";
        for (int i = 0; i < NodeBudget.BURST_BYTES / large.length(); i++) {
            assertThat(upload(large).status()).isEqualTo(200);
        }

        HttpReply reply = upload(large);

        assertThat(reply.status()).isEqualTo(429);
        assertThat(reply.headers()).contains(new HttpReply.Header("Retry-After", "30"));
        nanos.addAndGet(Duration.ofSeconds(30).toNanos());
        assertThat(upload(large).status()).isEqualTo(200);
    }

    @Test
    void aStreamReadsInOrderAndCountsWhoSpeaksForOthers() throws SQLException {
        assertThat(upload("[" + record(1, "n1") + "," + record(2, "n2") + "," + record(3, "n1") + "]")
                        .status())
                .isEqualTo(200);

        List<LogSource.Item> all = log.after(0, 10);

        assertThat(all).hasSize(3);
        assertThat(all.get(1).json()).isEmpty();
        assertThat(log.last()).isEqualTo(all.getLast().number());
        assertThat(log.after(all.getFirst().number(), 10)).isEqualTo(all.subList(1, 3));
        assertThat(stored()).hasSize(2);
    }

    private int trim(FlowLog which, Instant now) throws SQLException {
        try (Connection connection = database.write()) {
            int deleted = which.trim(connection, now, 100);
            connection.commit();
            return deleted;
        }
    }

    @Test
    void theOldestGo() throws SQLException {
        FlowLog small = new FlowLog(database.writeSource(), Duration.ofDays(30), 2);
        for (int i = 1; i <= 5; i++) {
            assertThat(upload("[" + record(i, "n1") + "]").status()).isEqualTo(200);
        }

        assertThat(trim(small, tailnet.now())).isEqualTo(3);
        assertThat(stored()).hasSize(2);
        assertThat(trim(log, START.plus(Duration.ofDays(30)))).isZero();
        assertThat(trim(log, START.plus(Duration.ofDays(31)))).isEqualTo(2);
        assertThat(stored()).isEmpty();
    }

    @Test
    void anAnswerIsNeverCutShort() throws SQLException {
        List<FlowRecord> many = LongStream.rangeClosed(1, FlowLog.MAX_ENTRIES)
                .mapToObj(i -> new FlowRecord("n1", 1L, i, false, "{\"nodeId\":\"n1\"}"))
                .toList();
        log.store(many, START);
        assertThat(stored()).hasSize(FlowLog.MAX_ENTRIES);

        log.store(List.of(new FlowRecord("n1", 2L, 1L, false, "{\"nodeId\":\"n1\"}")), START);

        assertThat(log.between(START, START)).isEmpty();
    }
}
