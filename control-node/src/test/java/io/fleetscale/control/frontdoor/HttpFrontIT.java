package io.fleetscale.control.frontdoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.frontdoor.limit.Limits;
import io.fleetscale.control.frontdoor.limit.Rate;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.control.testing.NoiseTestClient;
import io.fleetscale.control.testing.NoiseTestClient.Target;
import io.fleetscale.wire.ip.IpPrefix;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // lines of HTTP end with CRLF
class HttpFrontIT {
    @Test
    void publicRoutesAnswerAsTheyShould() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            assertThat(door.get("/key?v=145"))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .containsIgnoringCase("cache-control: no-store")
                    .containsIgnoringCase("access-control-allow-origin: *")
                    .containsIgnoringCase("x-frame-options: DENY")
                    .containsIgnoringCase("content-security-policy: frame-ancestors 'none'")
                    .containsIgnoringCase("x-content-type-options: nosniff")
                    .containsIgnoringCase("referrer-policy: no-referrer")
                    .endsWith("{\"legacyPublicKey\":\"mkey:" + "0".repeat(64) + "\",\"publicKey\":\""
                            + RunningDoor.SERVER.publicKey() + "\"}");
            assertThat(door.get("/key")).startsWith("HTTP/1.1 400").endsWith("capability version must be set\n");
            assertThat(door.get("/key?v=x")).startsWith("HTTP/1.1 400").endsWith("invalid capability version\n");
            assertThat(door.get("/key?v=38")).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n");
            assertThat(door.get("/health"))
                    .containsIgnoringCase("content-type: application/health+json; charset=utf-8")
                    .endsWith("{\"status\":\"pass\"}\n");
            assertThat(door.get("/version"))
                    .contains("\"version\":\"v0.30.0\"", "\"go\":{\"version\":\"java", "\"os\":\"linux\"", "\"arch\":");
            assertThat(door.get("/generate_204", "X-Tailscale-Challenge: ab.C:1"))
                    .startsWith("HTTP/1.1 204")
                    .containsIgnoringCase("x-tailscale-response: response ab.C:1");
            assertThat(door.get("/generate_204", "X-Tailscale-Challenge: <b>"))
                    .doesNotContainIgnoringCase("x-tailscale-response");
            assertThat(door.get("/bootstrap-dns?q=x")).endsWith("{\"derp.example\":[\"192.0.2.1\"]}");
            assertThat(door.get("/derp/probe")).startsWith("HTTP/1.1 200");
            assertThat(door.get("/robots.txt")).endsWith("User-agent: *\nDisallow: /");
            assertThat(door.get("/favicon.ico")).containsIgnoringCase("content-type: image/png");
            assertThat(door.get("/windows")).contains("--login-server http://control.example:8080");
            assertThat(door.get("/apple/ios")).contains("<string>io.tailscale.ipn.ios</string>");
            assertThat(door.get("/apple/tv")).startsWith("HTTP/1.1 400");
            assertThat(door.get("/")).startsWith("HTTP/1.1 200").contains("text/html");
        }
    }

    @Test
    void verifyAsksForAdmission() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            assertThat(post(
                            door,
                            "/verify",
                            "{\"NodePublic\":\"nodekey:" + "0".repeat(64) + "\",\"Source\":\"1.2.3.4\"}"))
                    .startsWith("HTTP/1.1 200")
                    .endsWith("{\"Allow\":true}\n");
            assertThat(post(door, "/verify", "{\"NodePublic\":\"nodekey:" + "1".repeat(64) + "\"}"))
                    .endsWith("{\"Allow\":false}\n");
            assertThat(post(door, "/verify", "nonsense"))
                    .startsWith("HTTP/1.1 400")
                    .endsWith("Bad Request: invalid JSON\n");
            assertThat(post(door, "/verify", "x".repeat(4097)))
                    .startsWith("HTTP/1.1 413")
                    .endsWith("request body too large");
        }
    }

    @Test
    void routesMatchExactly() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            assertThat(door.get("/nothing"))
                    .startsWith("HTTP/1.1 404")
                    .containsIgnoringCase("content-type: text/plain; charset=utf-8")
                    .endsWith("404 page not found\n");
            assertThat(door.get("/machine/map")).startsWith("HTTP/1.1 404");
            assertThat(door.get("/health/")).startsWith("HTTP/1.1 404");
            assertThat(door.get("/verify"))
                    .startsWith("HTTP/1.1 405")
                    .containsIgnoringCase("allow: POST")
                    .endsWith("\r\n\r\n");
            assertThat(door.raw("HEAD /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 405");
            assertThat(door.get("/a//b")).startsWith("HTTP/1.1 400");
            assertThat(door.get("/a/%2e%2e/b")).startsWith("HTTP/1.1 400");
            assertThat(post(door, "/echo/a%2Fb", "hi")).endsWith("a/b 127.0.0.1 hi");
            assertThat(door.get("/fails")).startsWith("HTTP/1.1 500").endsWith("internal server error\n");
        }
    }

    @Test
    void keepAliveAndPipelinedRequestsAreAnsweredInOrder() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            String all = door.raw("POST /echo/one HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
                    + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
                    + "POST /echo/two HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nho\r\n0\r\n\r\n"
                    + "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            assertThat(all).containsSubsequence("one 127.0.0.1 hi", "404 page", "two 127.0.0.1 ho", "pass");
        }
    }

    @Test
    void upgradeRequestsThatCannotWorkSayWhy() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            assertThat(post(door, "/ts2021", ""))
                    .startsWith("HTTP/1.1 400")
                    .contains("Upgrade: tailscale-control-protocol");
            assertThat(door.raw(
                            "POST /ts2021 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"))
                    .startsWith("HTTP/1.1 400")
                    .contains("Upgrade: tailscale-control-protocol");
            assertThat(door.get("/ts2021")).startsWith("HTTP/1.1 400");
            assertThat(door.raw("POST /ts2021 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n"
                            + "Upgrade: tailscale-control-protocol\r\nX-Tailscale-Handshake: ###\r\n\r\n"))
                    .startsWith("HTTP/1.1 400");
            assertThat(door.raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                            + "\0\0\0\4\0\0\0\0\0" // SETTINGS
                            + "\0\0\3\1\5\0\0\0\1\u0082\u0087\u0084")) // HEADERS: GET https /
                    .contains("this port speaks HTTP/1.1");
            assertThat(door.get("/derp")).startsWith("HTTP/1.1 404");
        }
    }

    @Test
    void badInitiationsGetTheProtocolsAnswer() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            String garbage = door.raw(upgrade(new byte[101]));
            assertThat(garbage).startsWith("HTTP/1.1 101").contains("\u0003").contains("an initiation has type 1");
            byte[] forged = new byte[101];
            forged[1] = 113;
            forged[2] = 1;
            forged[4] = 96;
            assertThat(door.raw(upgrade(forged))).startsWith("HTTP/1.1 101").endsWith("\r\n\r\n");
            assertThat(door.door().meters().refused(Refusal.BAD_INITIATION)).isEqualTo(2);
        }
    }

    @Test
    void forwardedAddressCountsOnlyFromTrustedProxies() throws Exception {
        RunningDoor door = new RunningDoor();
        door.trusted = List.of(IpPrefix.parse("127.0.0.0/8"), IpPrefix.parse("192.0.2.0/24"));
        try (door) {
            door.start();
            String[][] cases = {
                {"X-Forwarded-For: 203.0.113.5, 198.51.100.77", "198.51.100.77"},
                {"X-Forwarded-For: 198.51.100.77, 192.0.2.11", "198.51.100.77"},
                {"X-Real-IP: nonsense", "127.0.0.1"},
                {"True-Client-IP: 2001:db8::1", "2001:db8::1"},
            };
            for (String[] one : cases) {
                assertThat(door.raw("POST /echo/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n"
                                + one[0] + "\r\n\r\n"))
                        .as(one[0])
                        .endsWith("x " + one[1] + " ");
            }
            assertThat(door.raw("PROXY TCP4 198.51.100.9 127.0.0.1 1000 80\r\nPOST /echo/x HTTP/1.1\r\nHost: x\r\n"
                            + "X-Forwarded-For: 203.0.113.5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
                    .endsWith("x 198.51.100.9 ");
            byte[] v2 = "PROXY TCP6 2001:db8::9 ::1 1000 80\r\n".getBytes(StandardCharsets.US_ASCII);
            try (NoiseTestClient client = door.client(new Target(door.address(), Optional.empty(), v2), 145)) {
                assertThat(client.call("GET", "/machine/whoami", new byte[0])
                                .get(10, TimeUnit.SECONDS)
                                .text())
                        .endsWith("2001:db8::9");
            }
        }
        try (RunningDoor untrusting = new RunningDoor().start()) {
            assertThat(untrusting.raw("POST /echo/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                            + "X-Forwarded-For: 203.0.113.5\r\nContent-Length: 0\r\n\r\n"))
                    .endsWith("x 127.0.0.1 ");
            assertThat(untrusting.raw("PROXY TCP4 198.51.100.9 127.0.0.1 1000 80\r\nGET /key HTTP/1.1\r\n\r\n"))
                    .startsWith("HTTP/1.1 400");
        }
    }

    @Test
    void tlsAndPlainShareThePort(@TempDir File directory) throws Exception {
        RunningDoor door = new RunningDoor();
        SslContext server = selfSigned(directory);
        door.tls = () -> Optional.of(server);
        SslContext trusting = SslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm("")
                .build();
        try (door) {
            door.start();
            assertThat(door.get("/health")).contains("pass");
            try (NoiseTestClient client =
                    door.client(new Target(door.address(), Optional.of(trusting), new byte[0]), 145)) {
                byte[] big = new byte[300_000];
                assertThat(client.call("POST", "/machine/echo", big)
                                .get(10, TimeUnit.SECONDS)
                                .body())
                        .isEqualTo(big);
            }
        }
        try (RunningDoor plain = new RunningDoor().start()) {
            assertThat(plain.raw(new byte[] {0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0})).isEmpty();
            assertThat(plain.door().meters().refused(Refusal.NO_TLS)).isEqualTo(1);
        }
    }

    @Test
    void webSocketCarriesTheHandshake() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            var machine = io.fleetscale.wire.noise.MachinePrivateKey.generate(RunningDoor.RANDOM);
            var handshake = io.fleetscale.wire.noise.InitiatorHandshake.start(
                    machine, RunningDoor.SERVER.publicKey(), 145, RunningDoor.RANDOM);
            CompletableFuture<byte[]> first = new CompletableFuture<>();
            String query = java.net.URLEncoder.encode(handshake.initiationBase64(), StandardCharsets.US_ASCII);
            try (HttpClient http = HttpClient.newHttpClient()) {
                WebSocket socket = http.newWebSocketBuilder()
                        .subprotocols("tailscale-control-protocol")
                        .buildAsync(
                                URI.create("ws://127.0.0.1:" + door.address().getPort()
                                        + "/ts2021?X-Tailscale-Handshake=" + query),
                                new WebSocket.Listener() {
                                    @Override
                                    public CompletionStage<?> onBinary(WebSocket ws, ByteBuffer data, boolean last) {
                                        byte[] bytes = new byte[data.remaining()];
                                        data.get(bytes);
                                        first.complete(bytes);
                                        return WebSocket.Listener.super.onBinary(ws, ByteBuffer.allocate(0), last);
                                    }
                                })
                        .get(10, TimeUnit.SECONDS);
                assertThat(socket.getSubprotocol()).isEqualTo("tailscale-control-protocol");
                byte[] response = first.get(10, TimeUnit.SECONDS);
                assertThat(response).hasSize(51);
                assertThat(handshake.finish(response)).isNotNull();
                socket.abort();
            }
        }
    }

    @Test
    void oneAddressHasLimits() throws Exception {
        RunningDoor door = new RunningDoor();
        Limits all = Limits.DEFAULT;
        door.limits = new Limits(
                all.connections(),
                all.sourceConnections(),
                all.sourceHandshakes(),
                new Rate(0.001, 3),
                all.machineConnections(),
                all.machineRequests(),
                Duration.ofMillis(300),
                all.bodyTimeout(),
                all.idleTimeout(),
                all.noiseIdleTimeout(),
                all.stallTimeout(),
                all.headBytes(),
                all.rpcBodyBytes(),
                all.bodyBytesInFlight(),
                all.concurrentRequests(),
                all.waitingHandshakes());
        try (door) {
            door.start();
            for (int i = 0; i < 3; i++) {
                assertThat(door.get("/health")).startsWith("HTTP/1.1 200");
            }
            assertThat(door.get("/health")).startsWith("HTTP/1.1 429").containsIgnoringCase("retry-after");
            assertThat(door.raw("GET /slow")).isEmpty(); // closed by the time limit of the head
            await().until(() -> door.door().meters().refused(Refusal.TIMEOUT) == 1);
        }
    }

    @Test
    void oversizedHeadsAreRefused() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            assertThat(door.get("/" + "x".repeat(20_000))).startsWith("HTTP/1.1 414");
            assertThat(door.get("/health", "X: " + "x".repeat(20_000))).startsWith("HTTP/1.1 431");
            assertThat(door.raw("nonsense\r\n\r\n")).startsWith("HTTP/1.1 400");
        }
    }

    private static String post(RunningDoor door, String path, String body) throws Exception {
        return door.raw("POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body);
    }

    private static String upgrade(byte[] initiation) {
        return "POST /ts2021 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: keep-alive, Upgrade\r\n"
                + "Upgrade: tailscale-control-protocol\r\nX-Tailscale-Handshake: "
                + Base64.getEncoder().encodeToString(initiation) + "\r\n\r\n";
    }

    /** Offers http/1.1, then h2. */
    static SslContext selfSigned(File directory) throws Exception {
        File store = new File(directory, "key.p12");
        Process keytool = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/keytool",
                        "-genkeypair",
                        "-alias",
                        "test",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=test",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.getPath(),
                        "-storepass",
                        "changeit")
                .inheritIO()
                .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance(store, "changeit".toCharArray());
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, "changeit".toCharArray());
        return SslContextBuilder.forServer(factory)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        "http/1.1",
                        "h2"))
                .build();
    }
}
