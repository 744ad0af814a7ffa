package io.fleetscale.runtime.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.runtime.metrics.Readiness.State;
import io.fleetscale.runtime.net.HostPort;
import io.fleetscale.runtime.net.Transport;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MonitoringServerIT {
    private final Transport transport = Transport.best("monitoring-test", 1);
    private final Metrics metrics = Metrics.ofProcess("test", "0.1.0");
    private volatile Readiness readiness = Readiness.READY;
    private final MonitoringServer server = new MonitoringServer(
            List.of(HostPort.parse("127.0.0.1:0"), HostPort.parse("127.0.0.1:0")),
            transport,
            metrics.registry(),
            () -> readiness);
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void start() throws IOException {
        server.start();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
        transport.close();
        metrics.close();
    }

    @Test
    void showsMetersOfJvmAndBuild() throws Exception {
        HttpResponse<String> reply = send("GET", "/metrics");
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("content-type").orElseThrow()).startsWith("text/plain; version=0.0.4");
        assertThat(reply.body())
                .contains("jvm_memory_used_bytes", "process_uptime_seconds", "process_files_open_files")
                .contains("program=\"test\"", "fleetscale_build_info");
    }

    @Test
    void tellsBalancersEachState() throws Exception {
        assertThat(send("GET", "/livez").statusCode()).isEqualTo(200);
        assertReadiness(Readiness.READY, 200, "{\"status\":\"ready\",\"reasons\":[]}");
        assertReadiness(
                Readiness.of(State.DEGRADED, "the database is away"),
                200,
                "{\"status\":\"degraded\",\"reasons\":[\"the database is away\"]}");
        assertReadiness(Readiness.of(State.DRAINING), 404, "{\"status\":\"draining\",\"reasons\":[]}");
        assertReadiness(Readiness.of(State.STARTING), 503, "{\"status\":\"starting\",\"reasons\":[]}");
        assertReadiness(Readiness.of(State.FENCED, "x"), 503, "{\"status\":\"fenced\",\"reasons\":[\"x\"]}");
        assertThat(send("HEAD", "/readyz").body()).isEmpty();
    }

    @Test
    void answersAddedRoutesAndRefusesTheRest() throws Exception {
        server.route(HttpMethod.POST, "/debug/echo", request -> MonitoringReply.json(202, request.query()));
        server.route(HttpMethod.GET, "/debug/broken", _ -> {
            throw new IOException("no disk");
        });
        HttpResponse<String> echo = send("POST", "/debug/echo?a=b%20c");
        assertThat(echo.statusCode()).isEqualTo(202);
        assertThat(echo.body()).isEqualTo("{\"a\":\"b c\"}");
        assertThat(send("GET", "/debug/echo").statusCode()).isEqualTo(405);
        assertThat(send("GET", "/debug/broken").statusCode()).isEqualTo(500);
        assertThat(send("GET", "/debug/broken").body()).doesNotContain("no disk");
        assertThat(send("GET", "/nowhere").statusCode()).isEqualTo(404);
        assertThatThrownBy(() -> server.route(HttpMethod.GET, "/metrics", _ -> MonitoringReply.text(200, "")))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void answersOnEveryAddress() throws Exception {
        assertThat(server.addresses()).hasSize(2).doesNotHaveDuplicates();
        for (InetSocketAddress address : server.addresses()) {
            URI uri = URI.create("http://127.0.0.1:" + address.getPort() + "/livez");
            assertThat(client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void saysWhichAddressIsTaken() {
        HostPort taken = new HostPort("127.0.0.1", server.address().getPort());
        try (MonitoringServer second =
                new MonitoringServer(List.of(taken), transport, metrics.registry(), () -> Readiness.READY)) {
            assertThatThrownBy(second::start).isInstanceOf(IOException.class).hasMessageContaining(taken.toString());
        }
    }

    private void assertReadiness(Readiness next, int status, String body) throws Exception {
        readiness = next;
        HttpResponse<String> reply = send("GET", "/readyz");
        assertThat(reply.statusCode()).isEqualTo(status);
        assertThat(reply.body()).isEqualTo(body);
    }

    private HttpResponse<String> send(String method, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.address().getPort() + path);
        return client.send(
                HttpRequest.newBuilder(uri)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
