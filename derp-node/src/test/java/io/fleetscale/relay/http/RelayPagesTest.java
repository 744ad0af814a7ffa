package io.fleetscale.relay.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelayPagesTest {
    @ParameterizedTest
    @ValueSource(strings = {"/derp/probe", "/derp/latency-check", "/derp/probe?x=1"})
    void answersLatencyProbes(String uri) {
        for (HttpMethod method : new HttpMethod[] {HttpMethod.GET, HttpMethod.HEAD}) {
            FullHttpResponse response = answer(method, uri);
            assertThat(response.status().code()).isEqualTo(200);
            assertThat(response.headers().get("Access-Control-Allow-Origin")).isEqualTo("*");
            assertThat(response.content().readableBytes()).isZero();
        }
        assertThat(answer(HttpMethod.POST, uri).status().code()).isEqualTo(405);
    }

    @Test
    void answersTheCaptivePortalCheck() {
        assertThat(challenged("ts_derp1.example.com")).isEqualTo("response ts_derp1.example.com");
        assertThat(challenged("a".repeat(64))).isEqualTo("response " + "a".repeat(64));
        for (String bad : new String[] {"", "a".repeat(65), "a/b", "a b"}) {
            assertThat(challenged(bad)).isNull();
        }
    }

    @Test
    void keepsRobotsAway() {
        FullHttpResponse response = answer(HttpMethod.GET, "/robots.txt");
        assertThat(response.content().toString(StandardCharsets.UTF_8)).isEqualTo("User-agent: *\nDisallow: /\n");
        assertThat(response.headers().get("X-Frame-Options")).isEqualTo("DENY");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/derp", "/", "/derp/", "/derp/probe/"})
    void leavesOtherPathsToTheOwner(String uri) {
        assertThat(RelayPages.answer(new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, uri)))
                .isEmpty();
    }

    private static @Nullable String challenged(String challenge) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/generate_204?t=1");
        request.headers().set("X-Tailscale-Challenge", challenge);
        FullHttpResponse response = RelayPages.answer(request).orElseThrow();
        assertThat(response.status().code()).isEqualTo(204);
        return response.headers().get("X-Tailscale-Response");
    }

    private static FullHttpResponse answer(HttpMethod method, String uri) {
        return RelayPages.answer(new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, uri))
                .orElseThrow();
    }
}
