package io.fleetscale.control.logstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.wire.zstd.ZstdFrames;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each destination receives. Source: tailscale-api-v2 8.10 and the makers' descriptions of their inputs. */
class LogUploadTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final List<String> ENTRIES = List.of("{\"a\":1}", "{\"a\":2}");

    private static HttpRequest request(LogStream stream) {
        return LogUpload.request(
                        stream,
                        "configuration",
                        ENTRIES,
                        7,
                        "the-token",
                        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                        NOW)
                .build();
    }

    private static String header(HttpRequest request, String name) {
        return request.headers().firstValue(name).orElse("");
    }

    private static byte[] body(HttpRequest request) {
        CompletableFuture<byte[]> done = new CompletableFuture<>();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        request.bodyPublisher().orElseThrow().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(ByteBuffer piece) {
                byte[] copy = new byte[piece.remaining()];
                piece.get(copy);
                bytes.writeBytes(copy);
            }

            @Override
            public void onError(Throwable failure) {
                done.completeExceptionally(failure);
            }

            @Override
            public void onComplete() {
                done.complete(bytes.toByteArray());
            }
        });
        return done.join();
    }

    private static String text(HttpRequest request) {
        return new String(body(request), StandardCharsets.UTF_8);
    }

    @Test
    void splunkTakesEventsUnderItsOwnScheme() {
        HttpRequest request = request(LogStreams.of("splunk", "https://splunk.example/in", "", "none"));

        assertThat(header(request, "Authorization")).isEqualTo("Splunk the-token");
        assertThat(text(request)).isEqualTo("""
            {"sourcetype":"fleetscale","event":{"a":1}}
            {"sourcetype":"fleetscale","event":{"a":2}}
            """);
    }

    @Test
    void elasticTakesLinesInPairs() {
        HttpRequest request = request(LogStreams.of("elastic", "https://elastic.example", "", "none"));

        assertThat(request.uri()).hasToString("https://elastic.example/_bulk");
        assertThat(header(request, "Content-Type")).isEqualTo("application/x-ndjson");
        assertThat(header(request, "Authorization"))
                .isEqualTo("Basic "
                        + Base64.getEncoder().encodeToString("user:the-token".getBytes(StandardCharsets.UTF_8)));
        assertThat(text(request)).isEqualTo("""
            {"create":{"_index":"tailscale-configuration"}}
            {"a":1}
            {"create":{"_index":"tailscale-configuration"}}
            {"a":2}
            """);
    }

    @ParameterizedTest
    @CsvSource({
        "datadog,DD-API-KEY,the-token",
        "panther,Authorization,Bearer the-token",
        "cribl,Authorization,Bearer the-token",
        "axiom,Authorization,Bearer the-token"
    })
    void othersTakeAList(String destination, String header, String value) {
        HttpRequest request = request(LogStreams.of(destination, "https://logs.example/in", "", "none"));

        assertThat(header(request, header)).isEqualTo(value);
        assertThat(text(request)).isEqualTo("[{\"a\":1},{\"a\":2}]");
    }

    @Test
    void gzipIsNamed() throws IOException {
        HttpRequest request = request(LogStreams.of("cribl", "https://logs.example/in", "", "gzip"));

        assertThat(header(request, "Content-Encoding")).isEqualTo("gzip");
        try (GZIPInputStream plain = new GZIPInputStream(new ByteArrayInputStream(body(request)))) {
            assertThat(new String(plain.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("[{\"a\":1},{\"a\":2}]");
        }
    }

    @Test
    void zstdIsNamed() {
        HttpRequest request = request(LogStreams.of("axiom", "https://logs.example/in", "", "zstd"));

        assertThat(header(request, "Content-Encoding")).isEqualTo("zstd");
        assertThat(new String(ZstdFrames.decompress(body(request), 1_000), StandardCharsets.UTF_8))
                .isEqualTo("[{\"a\":1},{\"a\":2}]");
    }

    /** The signature was computed by another program from the description of AWS's version 4. */
    @Test
    void anObjectIsSigned() {
        HttpRequest request = request(LogStreams.s3("http://127.0.0.1:9000/", "accesskey"));

        assertThat(request.method()).isEqualTo("PUT");
        assertThat(request.uri())
                .hasToString("http://127.0.0.1:9000/logs/audit/configuration/2026/03/01/10-00-00-7.json");
        assertThat(text(request)).isEqualTo("{\"a\":1}\n{\"a\":2}\n");
        assertThat(header(request, "x-amz-content-sha256"))
                .isEqualTo("e91bd3062f38c3f1df2165d987872b022fb39a08c642a6fbc3b862dd2a2aaf24");
        assertThat(header(request, "Authorization"))
                .isEqualTo("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260301/eu-central-1/s3/aws4_request,"
                        + " SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
                        + " Signature=24465b30ed7894e26808d5ded65f9135deaaab152fe651b1f9137e71f7659854");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcs", "crowdstrike"})
    void whatCannotBeSentIsKnownBefore(String destination) {
        assertThat(LogUpload.isSupported(LogStreams.of(destination, "https://x.example", "", "none")))
                .isFalse();
        assertThat(LogUpload.isSupported(LogStreams.s3("", "rolearn"))).isFalse();
    }
}
