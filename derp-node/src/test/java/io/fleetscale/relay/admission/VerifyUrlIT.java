package io.fleetscale.relay.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.NodeKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a control server can answer about a node, and what the relay makes of it. */
class VerifyUrlIT {
    private static final IpAddress SOURCE = IpAddress.parse("192.0.2.7");

    private final NodeKey node = BoxKeyPair.generate(new SecureRandom()).publicKey();
    private final AtomicReference<String> answer = new AtomicReference<>("");
    private final AtomicInteger status = new AtomicInteger(200);
    private final AtomicInteger questions = new AtomicInteger();
    private final AtomicReference<String> asked = new AtomicReference<>("");
    private final AtomicLong now = new AtomicLong();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        server.createContext("/verify", exchange -> {
            questions.incrementAndGet();
            asked.set(exchange.getRequestMethod() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] body = Objects.requireNonNull(answer.get()).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status.get(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "200 | {\"Allow\":true} | ADMITTED",
                "200 | {\"allow\":true} | ADMITTED",
                "200 | {\"Allow\":true,\"more\":[1]} | ADMITTED",
                "200 | {\"Allow\":false} | REFUSED",
                "200 | {\"Allow\":\"true\"} | REFUSED",
                "200 | {} | REFUSED",
                "200 | null | REFUSED",
                "200 | '' | REFUSED",
                "200 | garbage | REFUSED",
                "500 | {\"Allow\":true} | REFUSED",
                "404 | '' | REFUSED",
            })
    void whatWasAnswered(int code, String body, Verdict expected) throws Exception {
        status.set(code);
        answer.set(body);
        // an answer is an answer, whatever holds for a server that is away
        for (boolean failOpen : new boolean[] {true, false}) {
            try (VerifyUrl admission = admission(failOpen)) {
                assertThat(verdict(admission)).isEqualTo(expected);
            }
        }
        assertThat(asked.get()).isEqualTo("POST {\"NodePublic\":\"" + node + "\",\"Source\":\"" + SOURCE + "\"}");
    }

    @Test
    void whileTheServerIsAway() throws Exception {
        server.stop(0);
        try (VerifyUrl open = admission(true);
                VerifyUrl closed = admission(false)) {
            assertThat(verdict(open)).isEqualTo(Verdict.ADMITTED);
            assertThat(verdict(closed)).isEqualTo(Verdict.REFUSED);
        }
    }

    @Test
    void whoWasAdmittedIsAdmittedForAMinuteWithoutAQuestion() throws Exception {
        answer.set("{\"Allow\":true}");
        try (VerifyUrl admission = admission(false)) {
            assertThat(verdict(admission)).isEqualTo(Verdict.ADMITTED);
            server.stop(0);
            now.addAndGet(Duration.ofSeconds(59).toNanos());
            assertThat(verdict(admission)).isEqualTo(Verdict.ADMITTED);
            assertThat(questions).hasValue(1);
            now.addAndGet(Duration.ofSeconds(2).toNanos());
            assertThat(verdict(admission)).isEqualTo(Verdict.REFUSED);
        }
    }

    private VerifyUrl admission(boolean failOpen) {
        return new VerifyUrl(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/verify"), failOpen, now::get);
    }

    private Verdict verdict(VerifyUrl admission) throws Exception {
        return admission.admit(node, SOURCE).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
}
