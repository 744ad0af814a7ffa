package io.fleetscale.control.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.changelog.LogFanout;
import io.fleetscale.control.changelog.PostgresChangelog;
import io.fleetscale.control.changelog.WriteFence;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.oauthapp.OAuthApps;
import io.fleetscale.control.outbound.OutboundHttp;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.control.user.NewUser;
import io.fleetscale.control.user.ProviderIdentity;
import io.fleetscale.control.user.Users;
import io.fleetscale.control.webhook.WebhookOutbox;
import io.fleetscale.control.webhook.WebhookSender;
import io.fleetscale.control.webhook.Webhooks;
import io.fleetscale.proto.grid.v1.LogRecord;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One entry for each write, and one delivery for each event, out of the transaction of the write. */
class AuditTrailIT {
    private static final JsonMapper JSON = JsonMapper.shared();
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

    private final Database database = TestDatabase.open();
    private final DataSource source = database.writeSource();
    private final OutboundHttp http = new OutboundHttp(true);
    private final PostgresChangelog changelog = new PostgresChangelog(
            database, HELD, ALONE, InstantSource.system(), List.of(new AuditTrail(), new WebhookOutbox()));
    private final AuditLog audit = new AuditLog(source);
    private final Users users = new Users(changelog);

    @BeforeEach
    void start() {
        changelog.start();
        // the first one is the owner of the tailnet, whose role must not be the last of its kind
        User owner = users.create(new NewUser("owner", "", "", "")).join();
        assertThat(owner.role()).isEqualTo(Role.OWNER);
    }

    @AfterEach
    void close() {
        http.close();
        changelog.close();
        database.close();
    }

    @Test
    void eachWriteIsOneEntryWithWhoDidIt() throws Exception {
        ALICE.run(() -> {
            User user = users.create(new NewUser("bob", "", "", "")).join();
            User unused = users.setRole(user.id(), Role.ADMIN).join();
            String same = changelog
                    .write((image, context) -> new io.fleetscale.control.changelog.Decision<>(
                            List.of(TailnetSettings.INITIAL.put()), "done"))
                    .join();
            assertThat(same).isEqualTo("done");
        });
        // the server's own doing is no configuration
        User quiet = users.create(new NewUser("quiet", "", "", "")).join();

        List<AuditLog.Entry> entries =
                audit.between(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));

        assertThat(entries)
                .extracting(AuditLog.Entry::targetType, AuditLog.Entry::action, AuditLog.Entry::property)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("USER", "CREATE", ""),
                        org.assertj.core.groups.Tuple.tuple("USER", "UPDATE", "USER_ROLE"),
                        org.assertj.core.groups.Tuple.tuple("TAILNET", "UPDATE", "FEATURE"));
        JsonNode role = JSON.readTree(entries.get(1).json());
        assertThat(role.path("actor").path("loginName").asString()).isEqualTo("alice");
        assertThat(role.path("origin").asString()).isEqualTo("CONFIG_API");
        assertThat(role.path("new").asString()).isEqualTo("admin");
        assertThat(role.path("actionDetails").asString()).contains("request-1");
        assertThat(quiet.name()).isEqualTo("quiet");
    }

    @Test
    void aConsentAndWhatTheAppGetsForItAreEntries() throws Exception {
        OAuthApps apps = new OAuthApps(changelog, TestTailnet.MAC);
        ALICE.run(() -> {
            User ann = users.signIn(new ProviderIdentity("https://id.example", "1", "ann", "Ann", "", "", List.of()))
                    .join();
            OAuthApps.Shown app = apps.create(new OAuthApps.Wanted(
                            "agent", "", List.of("http://localhost/back"), List.of("auth_keys:create:once"), List.of()))
                    .join();
            String code = apps.approve(app.id(), "http://localhost/back", "", "", ann.id())
                    .join();
            assertThat(apps.redeem(app.id(), app.secret(), code, "http://localhost/back", "")
                            .join())
                    .isPresent();
        });

        assertThat(audit.between(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60)))
                .extracting(AuditLog.Entry::targetType, AuditLog.Entry::action)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("USER", "CREATE"),
                        org.assertj.core.groups.Tuple.tuple("API_KEY", "CREATE"),
                        org.assertj.core.groups.Tuple.tuple("API_KEY", "ACCEPT"),
                        org.assertj.core.groups.Tuple.tuple("API_KEY", "CREATE"));
    }

    @Test
    void anEventReachesItsWebhookOnceThoughTwoInstancesSendAndTheFirstAnswerIsAFailure() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        AtomicInteger refusals = new AtomicInteger(1);
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean refuse = refusals.getAndDecrement() > 0;
            if (!refuse) {
                bodies.add(body);
            }
            exchange.sendResponseHeaders(refuse ? 500 : 200, -1);
            exchange.close();
        });
        receiver.start();
        Webhooks webhooks =
                new Webhooks(changelog, Sealer.derive(TestTailnet.MAC, "test", new SecureRandom()), http, source);
        Webhooks.Shown made = webhooks.create(
                        "http://127.0.0.1:" + receiver.getAddress().getPort() + "/", "", List.of("userCreated"), "")
                .join();
        try (WebhookSender one =
                        new WebhookSender(changelog, webhooks, http, source, () -> true, InstantSource.system());
                WebhookSender two =
                        new WebhookSender(changelog, webhooks, http, source, () -> true, InstantSource.system())) {
            one.start();
            two.start();
            User bob = users.create(new NewUser("bob", "", "", "")).join();
            User carol = users.create(new NewUser("carol", "", "", "")).join();

            await().atMost(Duration.ofSeconds(20)).until(() -> bodies.size() >= 2);
            await().during(Duration.ofSeconds(1)).until(() -> bodies.size() == 2);

            assertThat(bodies).anyMatch(body -> body.contains("User " + bob.name()));
            assertThat(bodies).anyMatch(body -> body.contains("User " + carol.name()));
            assertThat(made.secret()).startsWith("tskey-webhook-");
        } finally {
            receiver.stop(0);
        }
    }
}
