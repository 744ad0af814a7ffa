package io.fleetscale.relay.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The small pages beside the relay protocol: latency probes, the captive portal check and robots.txt. Thread-safe: only
 * static functions. Source: tailscale derp/derpserver/handler.go, cmd/derper/derper.go.
 */
public final class RelayPages {
    public static final String DERP_PATH = "/derp";

    private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9.\\-_:]{1,64}");
    private static final String NO_CACHE = "no-cache, no-store, must-revalidate, no-transform, max-age=0";

    private RelayPages() {}

    /** The answer to a request for one of the pages; empty when the path is none of them. The caller releases it. */
    public static Optional<FullHttpResponse> answer(HttpRequest request) {
        return switch (new QueryStringDecoder(request.uri()).rawPath()) {
            case "/derp/probe", "/derp/latency-check" -> Optional.of(probe(request.method()));
            case "/generate_204" -> Optional.of(noContent(request.headers().get("X-Tailscale-Challenge", "")));
            case "/robots.txt" -> Optional.of(robots());
            default -> Optional.empty();
        };
    }

    /** A plain text answer with its length. */
    public static FullHttpResponse text(HttpResponseStatus status, String text) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        return response;
    }

    private static FullHttpResponse probe(HttpMethod method) {
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            return text(HttpResponseStatus.METHOD_NOT_ALLOWED, "bogus probe method\n");
        }
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*").set(HttpHeaderNames.CONTENT_LENGTH, 0);
        return response;
    }

    private static FullHttpResponse noContent(String challenge) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.NO_CONTENT);
        response.headers().set(HttpHeaderNames.CACHE_CONTROL, NO_CACHE);
        if (CHALLENGE.matcher(challenge).matches()) {
            response.headers().set("X-Tailscale-Response", "response " + challenge);
        }
        return response;
    }

    private static FullHttpResponse robots() {
        FullHttpResponse response = text(HttpResponseStatus.OK, "User-agent: *\nDisallow: /\n");
        response.headers()
                .set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
                .set("X-Frame-Options", "DENY")
                .set("X-Content-Type-Options", "nosniff")
                .set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; form-action 'none'");
        return response;
    }
}
