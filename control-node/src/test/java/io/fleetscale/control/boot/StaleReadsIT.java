package io.fleetscale.control.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.config.ApiConfig;
import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.config.ClusterConfig;
import io.fleetscale.config.DerpConfig;
import io.fleetscale.config.DnsConfig;
import io.fleetscale.config.KeysConfig;
import io.fleetscale.config.ListenAddress;
import io.fleetscale.config.ListenConfig;
import io.fleetscale.config.PolicyConfig;
import io.fleetscale.config.PrefixConfig;
import io.fleetscale.config.RelayConfig;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.apikey.CreatedApiKey;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.database.embedded.EmbeddedPostgres;
import io.fleetscale.control.testing.CutLink;
import io.fleetscale.control.user.NewUser;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.fleetscale.proto.headscale.v1.User;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole server whose PostgreSQL is stopped and started: reads go on and say that they may be stale, writes are refused. */
@Timeout(180)
class StaleReadsIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String STALE = "Fleetscale-Stale";
    private static final Metadata.Key<String> STALE_IN_GRPC =
            Metadata.Key.of("fleetscale-stale", Metadata.ASCII_STRING_MARSHALLER);

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private Path home = Path.of("");
    private EmbeddedPostgres postgres = new EmbeddedPostgres(home);

    @BeforeEach
    void makeHome() throws IOException {
        Path build = Path.of("target").toAbsolutePath();
        Files.createDirectories(build);
        home = Files.createTempDirectory(build, "stale-postgres-");
        postgres = postgres();
    }

    private EmbeddedPostgres postgres() {
        return new EmbeddedPostgres(home, Path.of("target", "test-postgres-programs"));
    }

    @AfterEach
    void stopDatabase() {
        postgres.closeAtOnce();
        http.shutdownNow();
    }

    private ServerConfig configuration() {
        ListenAddress any = new ListenAddress("127.0.0.1", 0);
        return ServerConfig.builder()
                .listen(ListenConfig.defaults().toBuilder()
                        .serverUrl("http://127.0.0.1:8080")
                        .control(List.of(any))
                        .metrics(List.of())
                        .grpc(List.of(any))
                        .grpcAllowInsecure(true)
                        .unixSocket(directory.resolve("fleetscale.sock"))
                        .build())
                .keys(new KeysConfig(StatePaths.below(directory).noiseKey(), null))
                .prefixes(PrefixConfig.standard())
                .dns(DnsConfig.defaults().toBuilder()
                        .baseDomain("tn.example.com")
                        .overrideLocalDns(false)
                        .build())
                .derp(DerpConfig.of(RelayConfig.defaults().toBuilder()
                        .enabled(true)
                        .region(999, "test", "test")
                        .stun(any)
                        .privateKeyPath(StatePaths.below(directory).relayKey())
                        .build()))
                .api(ApiConfig.defaults())
                .policy(new PolicyConfig(PolicyConfig.Mode.DATABASE, null))
                .clientFeatures(ClientFeatureConfig.defaults())
                .cluster(ClusterConfig.defaults().withInstance("alone"))
                .build();
    }

    private HttpResponse<String> call(ControlNode.Running node, String key, String method, String path, String body)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + node.control().getPort() + path))
                        .timeout(LIMIT)
                        .header("Authorization", "Bearer " + key)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** The names of all users over gRPC, with what the headers say. */
    private static String usersOverGrpc(ControlNode.Running node, String key) {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", node.grpcPort())
                .usePlaintext()
                .build();
        try {
            Metadata credential = new Metadata();
            credential.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
            AtomicReference<Metadata> headers = new AtomicReference<>(new Metadata());
            Channel calls = ClientInterceptors.intercept(
                    channel,
                    MetadataUtils.newAttachHeadersInterceptor(credential),
                    MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()));
            return HeadscaleServiceGrpc.newBlockingStub(calls)
                            .listUsers(ListUsersRequest.getDefaultInstance())
                            .getUsersList()
                            .stream()
                            .map(User::getName)
                            .toList()
                    + " " + Objects.requireNonNull(headers.get()).get(STALE_IN_GRPC);
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void readsOfAllFamiliesGoOnAndSaySo() throws Exception {
        CutLink link = new CutLink(postgres.start());
        InstanceGrid grid = InstanceGrid.alone("alone", BuildInfo.ofProgram().numbers(), directory.resolve("grid"));
        ControlNode node = new ControlNode(
                configuration(), link.config(), StatePaths.below(directory), grid, ListenerCertificates.grpcOnly(null));
        try (link) {
            ControlNode.Running running = node.start();
            CreatedApiKey created =
                    running.apiKeys().create(Instant.now().plusSeconds(3600)).join();
            String key = created.text();
            running.users().create(new NewUser("before", "", "", "")).join();
            assertThat(call(running, key, "GET", "/api/v1/user", "").headers().firstValue(STALE))
                    .isEmpty();
            assertThat(usersOverGrpc(running, key)).isEqualTo("[before] null");

            postgres.close();
            String version = Long.toString(running.changelog().image().version());
            for (String path : List.of("/api/v1/user", "/api/v1/node", "/api/v2/tailnet/-/users")) {
                HttpResponse<String> stale = call(running, key, "GET", path, "");
                assertThat(stale.statusCode()).as(path + stale.body()).isEqualTo(200);
                assertThat(stale.headers().firstValue(STALE)).as(path).contains(version);
            }
            assertThat(call(running, key, "GET", "/api/v1/user", "").body()).contains("\"before\"");
            assertThat(usersOverGrpc(running, key)).isEqualTo("[before] " + version);
            // nothing is refused for good that a database might allow, and nothing is said to be written or healthy
            String stranger = "hskey-api-unknown12345-" + "s".repeat(64);
            assertThat(call(running, stranger, "GET", "/api/v1/user", "").statusCode())
                    .isEqualTo(503);
            assertThat(call(running, key, "POST", "/api/v1/user", "{\"name\":\"during\"}")
                            .statusCode())
                    .isEqualTo(503);
            assertThat(call(running, key, "GET", "/api/v1/health", "").statusCode())
                    .isNotEqualTo(200);

            postgres = postgres();
            link.leadTo(postgres.start());
            await().atMost(LIMIT)
                    .until(() -> call(running, key, "POST", "/api/v1/user", "{\"name\":\"after\"}")
                                    .statusCode()
                            == 200);
            await().atMost(LIMIT).untilAsserted(() -> {
                HttpResponse<String> fresh = call(running, key, "GET", "/api/v1/user", "");
                assertThat(fresh.headers().firstValue(STALE)).isEmpty();
                assertThat(fresh.body()).contains("\"before\"", "\"after\"");
            });
        } finally {
            stop(node, grid);
        }
    }

    private static void stop(ControlNode node, InstanceGrid grid) {
        var unused = node.stop();
        grid.close();
    }
}
