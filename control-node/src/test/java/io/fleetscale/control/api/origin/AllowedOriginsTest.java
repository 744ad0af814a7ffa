package io.fleetscale.control.api.origin;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteHandler;
import io.fleetscale.wire.ip.IpAddress;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** F047: browser pages of another origin. */
class AllowedOriginsTest {
    private static final String UI = "https://ui.example.com";

    private final RouteHandler refusing = call -> HttpReply.text(401, "Unauthorized");

    private static Map<String, String> headers(HttpReply reply) {
        return reply.headers().stream().collect(Collectors.toMap(HttpReply.Header::name, HttpReply.Header::value));
    }

    private static HttpReply ask(RouteHandler route, String method, String origin, String... more) throws Exception {
        HttpHeaders headers = new DefaultHttpHeaders().set("Origin", origin);
        for (String name : more) {
            headers.set(name, "GET");
        }
        return route.handle(new HttpCall(
                method, "/api/v1/node", "", Map.of(), headers, new byte[0], IpAddress.parse("192.0.2.1"), true));
    }

    @Test
    void pagesOfConfiguredOriginsMayAskAndRead() throws Exception {
        RouteHandler route = new AllowedOrigins(List.of(UI)).around(refusing);
        HttpReply answer = ask(route, "OPTIONS", UI, "Access-Control-Request-Method");
        assertThat(answer.status()).isEqualTo(204);
        assertThat(headers(answer))
                .containsEntry("Access-Control-Allow-Origin", UI)
                .containsEntry("Vary", "Origin")
                .hasEntrySatisfying(
                        "Access-Control-Allow-Headers",
                        names -> assertThat(names).contains("Authorization"))
                .hasEntrySatisfying(
                        "Access-Control-Allow-Methods",
                        names -> assertThat(names).contains("DELETE", "PUT"));
        HttpReply real = ask(route, "GET", UI);
        assertThat(real.status()).isEqualTo(401);
        assertThat(headers(real))
                .containsEntry("Access-Control-Allow-Origin", UI)
                .containsEntry("Vary", "Origin");
    }

    @Test
    void othersAreNeverPermittedAndNeverAskedForAKey() throws Exception {
        for (RouteHandler route : List.of(
                new AllowedOrigins(List.of(UI)).around(refusing), new AllowedOrigins(List.of()).around(refusing))) {
            HttpReply answer = ask(route, "OPTIONS", "https://evil.example", "Access-Control-Request-Method");
            assertThat(answer.status()).isEqualTo(204);
            assertThat(headers(answer)).containsOnlyKeys("Vary");
            HttpReply real = ask(route, "GET", "https://evil.example");
            assertThat(real.status()).isEqualTo(401);
            assertThat(headers(real)).doesNotContainKey("Access-Control-Allow-Origin");
        }
    }

    @Test
    void otherQuestionsGoToTheRoute() throws Exception {
        RouteHandler route = new AllowedOrigins(List.of(UI)).around(refusing);
        assertThat(ask(route, "OPTIONS", UI).status()).isEqualTo(401);
    }
}
