package io.fleetscale.control.boot;

import io.fleetscale.config.ApiConfig;
import io.fleetscale.config.ClusterConfig;
import io.fleetscale.config.DerpConfig;
import io.fleetscale.config.DnsConfig;
import io.fleetscale.config.KeysConfig;
import io.fleetscale.config.ListenAddress;
import io.fleetscale.config.ListenConfig;
import io.fleetscale.config.PolicyConfig;
import io.fleetscale.config.PrefixConfig;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.dev.DevRelays;
import io.fleetscale.control.testing.NoiseTestClient;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A whole control-node in this JVM, with its state in a directory, on a database of the caller. */
final class TestServer implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int CAPABILITY_VERSION = 130;

    private final ControlNode node;
    private final InstanceGrid grid;
    private final ControlNode.Running running;
    private final HttpClient http = HttpClient.newHttpClient();

    private TestServer(ControlNode node, InstanceGrid grid, ControlNode.Running running) {
        this.node = node;
        this.grid = grid;
        this.running = running;
    }

    static TestServer start(Path directory, DatabaseConfig database, @Nullable Path encryptionKey) throws Exception {
        StatePaths below = StatePaths.below(directory);
        StatePaths paths = new StatePaths(
                below.noiseKey(),
                below.secretMacKey(),
                encryptionKey,
                below.relayKey(),
                below.relayDirectory(),
                below.gridWork());
        ServerConfig config = ServerConfig.builder()
                .listen(ListenConfig.defaults().toBuilder()
                        .serverUrl("http://127.0.0.1:8080")
                        .control(List.of(new ListenAddress("127.0.0.1", 0)))
                        .metrics(List.of())
                        .grpc(List.of())
                        .unixSocket(directory.resolve("s.sock"))
                        .build())
                .keys(new KeysConfig(paths.noiseKey(), encryptionKey))
                .prefixes(PrefixConfig.standard())
                .dns(DnsConfig.defaults().toBuilder()
                        .baseDomain("tailnet.internal")
                        .overrideLocalDns(false)
                        .build())
                .derp(DerpConfig.defaults().withRelayTokenPath(DevRelays.token(directory)))
                .api(ApiConfig.defaults().allowingPrivateDestinations())
                .policy(new PolicyConfig(PolicyConfig.Mode.DATABASE, null))
                .cluster(ClusterConfig.defaults().withInstance("alone"))
                .build();
        InstanceGrid grid = InstanceGrid.alone("alone", BuildInfo.ofProgram().numbers(), paths.gridWork());
        ControlNode node = new ControlNode(config, database, paths, grid, ListenerCertificates.grpcOnly(null));
        try {
            return new TestServer(node, grid, node.start());
        } catch (Exception e) {
            grid.close();
            throw e;
        }
    }

    ControlNode.Running running() {
        return running;
    }

    /** Calls the API. */
    HttpResponse<String> api(String method, String path, String apiKey, @Nullable String body) throws Exception {
        return http.send(
                HttpRequest.newBuilder(uri(path))
                        .timeout(Duration.ofSeconds(30))
                        .header("Authorization", "Bearer " + apiKey)
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** The public Noise key that clients are shown. */
    MachineKey noiseKey() throws Exception {
        String body = http.send(
                        HttpRequest.newBuilder(uri("/key?v=" + CAPABILITY_VERSION))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        return MachineKey.fromText(JSON.readTree(body).get("publicKey").asString());
    }

    /**
     * Registers a node as clients do.
     *
     * @param nodeKey {@code nodekey:} and 64 hex digits
     * @param authKey empty: the node shows only who it is
     */
    JsonNode register(MachinePrivateKey machine, String nodeKey, String authKey) throws Exception {
        String auth = authKey.isEmpty() ? "" : "\"Auth\":{\"AuthKey\":\"" + authKey + "\"},";
        String request = "{\"Version\":" + CAPABILITY_VERSION + ",\"NodeKey\":\"" + nodeKey + "\"," + auth
                + "\"Hostinfo\":{\"Hostname\":\"laptop\",\"OS\":\"linux\"}}";
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (NoiseTestClient client = NoiseTestClient.connect(
                        group, NoiseTestClient.Target.plain(running.control()), machine, noiseKey(), CAPABILITY_VERSION)
                .get(30, TimeUnit.SECONDS)) {
            NoiseTestClient.Answer answer = client.call(
                            "POST", "/machine/register", request.getBytes(StandardCharsets.UTF_8))
                    .get(30, TimeUnit.SECONDS);
            if (answer.status() != 200) {
                throw new IOException(answer.status() + " " + answer.text());
            }
            return JSON.readTree(answer.text());
        } finally {
            var unused = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + running.control().getPort() + path);
    }

    @Override
    public void close() {
        http.close();
        Lifecycle.End unused = node.stop();
        grid.close();
    }
}
