package io.fleetscale.control.logstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.fleetscale.control.audit.AuditLog;
import io.fleetscale.control.audit.AuditTrail;
import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.LogFanout;
import io.fleetscale.control.changelog.PostgresChangelog;
import io.fleetscale.control.changelog.WriteFence;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.outbound.OutboundHttp;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.control.user.NewUser;
import io.fleetscale.control.user.Users;
import io.fleetscale.proto.grid.v1.LogRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Audit entries reach a receiver in order, none twice and none lost, though two instances send and the receiver fails. */
class LogStreamSenderIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Actor ALICE = new Actor(
            "1", Actor.Type.USER, "alice", "Alice", List.of(), Actor.Origin.CONFIG_API, "tailscale", "request-1");
    private static final WriteFence HELD = new WriteFence() {
        @Override
        public void announce(Connection connection) {}

        @Override
        public void check(Connection connection) {}
    };
    private static final LogFanout ALONE = new LogFanout() {
        @Override
        public void publish(LogRecord record) {}

        @Override
        public void subscribe(Consumer<LogRecord> consumer) {}
    };

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-03-01T10:00:00Z"));
    private final InstantSource clock = now::get;
    private final Sealer sealer = Sealer.derive(TestTailnet.MAC, "test", new SecureRandom());
    private final Database database = TestDatabase.open();
    private final DataSource source = database.writeSource();
    private final OutboundHttp http = new OutboundHttp(true);
    private final PostgresChangelog changelog =
            new PostgresChangelog(database, HELD, ALONE, InstantSource.system(), List.of(new AuditTrail()));
    private final LogStreamStates states = new LogStreamStates(source);
    private final Users users = new Users(changelog);
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final List<String> credentials = new CopyOnWriteArrayList<>();
    private final AtomicInteger refusals = new AtomicInteger();
    private final HttpServer receiver;
    private long leapt;

    LogStreamSenderIT() throws IOException {
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean refuse = refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
            if (!refuse) {
                bodies.add(body);
                credentials.add(exchange.getRequestHeaders().getFirst("Authorization"));
            }
            exchange.sendResponseHeaders(refuse ? 503 : 200, -1);
            exchange.close();
        });
    }

    @BeforeEach
    void start() {
        changelog.start();
        receiver.start();
    }

    @AfterEach
    void close() {
        receiver.stop(0);
        http.close();
        changelog.close();
        database.close();
    }

    private LogStreamSender sender() {
        LogStreamSender sender = new LogStreamSender(
                changelog, "configuration", new AuditLog(source), states, sealer, http, () -> true, clock);
        sender.start();
        return sender;
    }

    private void stream(String destination) {
        String url = "http://127.0.0.1:" + receiver.getAddress().getPort() + "/in";
        LogStream stream = LogStreams.of(destination, url, sealer.sealText("the-token"), "none");
        String set = changelog
                .write((image, context) -> new Decision<>(List.of(LogStream.KIND.put("configuration", stream)), "set"))
                .join();
        assertThat(set).isEqualTo("set");
    }

    private void create(String name) {
        ALICE.run(() -> {
            User user = users.create(new NewUser(name, "", "", "")).join();
            assertThat(user.name()).isEqualTo(name);
        });
    }

    private LogStreamStatus status() {
        try {
            return states.status("configuration");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Waits for the condition. The clock of the senders goes on at twice the pace of time, and leaps over the pause after a failed
     * request: then nothing is on its way, so that no request is taken for one that died.
     */
    private void until(BooleanSupplier condition) {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(100)).until(() -> {
            long failed = status().numFailedRequests();
            boolean paused = failed > leapt;
            leapt = failed;
            now.updateAndGet(time -> paused ? time.plusSeconds(31) : time.plusMillis(200));
            return condition.getAsBoolean();
        });
    }

    private long times(String name) {
        return bodies.stream()
                .flatMap(String::lines)
                .filter(line -> line.contains("\"" + name + "\""))
                .count();
    }

    @Test
    void entriesComeInOrderAndOnceThoughTheReceiverFails() {
        refusals.set(2);
        try (LogStreamSender one = sender();
                LogStreamSender two = sender()) {
            assertThat(one).isNotSameAs(two);
            stream("splunk");
            create("ann");
            create("bob");
            until(() -> times("bob") > 0);
            create("carol");
            until(() -> times("carol") > 0);
        }
        String all = String.join("", bodies);
        assertThat(all.indexOf("\"ann\"")).isBetween(0, all.indexOf("\"bob\""));
        assertThat(all.indexOf("\"bob\"")).isLessThan(all.indexOf("\"carol\""));
        assertThat(List.of(times("ann"), times("bob"), times("carol"))).containsExactly(1L, 1L, 1L);
        assertThat(credentials).containsOnly("Splunk the-token");
        LogStreamStatus status = status();
        assertThat(status.numFailedRequests()).isEqualTo(2);
        assertThat(status.numTotalRequests()).isEqualTo(2 + bodies.size());
        assertThat(status.lastError()).isEmpty();
    }

    @Test
    void whatCannotBeSentSaysSoInTheStatus() {
        try (LogStreamSender sender = sender()) {
            assertThat(sender).isNotNull();
            stream("crowdstrike");
            create("dave");
            until(() -> status().lastError().contains("crowdstrike"));
        }
        assertThat(bodies).isEmpty();
        assertThat(status().numEntriesSent()).isZero();
    }
}
