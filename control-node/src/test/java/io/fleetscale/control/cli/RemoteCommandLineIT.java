package io.fleetscale.control.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import io.fleetscale.config.Secret;
import io.fleetscale.control.cli.CommandLine.Ran;
import io.fleetscale.proto.headscale.v1.CreateApiKeyRequest;
import io.fleetscale.proto.headscale.v1.CreateApiKeyResponse;
import io.fleetscale.runtime.tls.CertificateAuthority;
import io.fleetscale.runtime.tls.ReloadableKey;
import io.fleetscale.runtime.tls.ServerTls;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line against a server elsewhere, over TLS. Source: field case F048. */
@SuppressWarnings("NullAway.Init")
class RemoteCommandLineIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private Ran users(CommandLine line, int port, String key, boolean insecure) {
        return line.run(
                "",
                config -> new CliSettings(
                        directory.resolve("none"), "127.0.0.1:" + port, new Secret(key), TIMEOUT, insecure),
                "users",
                "list",
                "-o",
                "json-line");
    }

    @Test
    void f048AnUnknownCertificateIsNamedAtOnceAndCanBeAllowed() throws Exception {
        try (CommandLine line = new CommandLine(directory)) {
            var certificate = CertificateAuthority.in(directory.resolve("ca"), InstantSource.system())
                    .issue("server", List.of("127.0.0.1"));
            line.administration.listeners.startTcp(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    ServerTls.context(new ReloadableKey(certificate), List.of("h2")));
            int port = line.administration.listeners.tcpPort();
            String key = apiKey(line);
            Instant start = Instant.now();

            Ran refused = users(line, port, key, false);

            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.out()).isEmpty();
            assertThat(refused.err())
                    .contains("connecting to 127.0.0.1:" + port, "the server's certificate is not trusted")
                    .contains("HEADSCALE_CLI_INSECURE=true")
                    .doesNotContain(key);
            assertThat(Duration.between(start, Instant.now())).isLessThan(TIMEOUT);
            assertThat(users(line, port, key, true)).isEqualTo(new Ran(0, "[]\n", ""));
            assertThat(users(line, port, "hskey-api-wrong", true).err()).contains("validating token");
        }
    }

    @Test
    void f048AClosedPortIsNamed() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        try (CommandLine line = new CommandLine(directory)) {
            Ran refused = users(line, port, "hskey-api-any", true);
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("connecting to headscale: connecting to 127.0.0.1:" + port + ": ");
        }
    }

    private static String apiKey(CommandLine line) {
        CompletableFuture<String> made = new CompletableFuture<>();
        CreateApiKeyRequest request = CreateApiKeyRequest.newBuilder()
                .setExpiration(Timestamp.newBuilder().setSeconds(253402300799L))
                .build();
        line.administration.service.createApiKey(request, new StreamObserver<CreateApiKeyResponse>() {
            @Override
            public void onNext(CreateApiKeyResponse answer) {
                made.complete(answer.getApiKey());
            }

            @Override
            public void onError(Throwable failed) {
                made.completeExceptionally(failed);
            }

            @Override
            public void onCompleted() {}
        });
        return made.join();
    }
}
