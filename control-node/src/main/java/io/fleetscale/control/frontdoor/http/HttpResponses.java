package io.fleetscale.control.frontdoor.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Locale;
import java.util.Set;

/** Answers as they leave: with their length, what becomes of the connection, and headers that keep browsers from harm. */
final class HttpResponses {
    /** Security headers that a page may set to something of its own. */
    private static final Set<String> REPLACEABLE =
            Set.of("x-frame-options", "content-security-policy", "referrer-policy");

    private HttpResponses() {}

    static FullHttpResponse of(HttpReply reply, boolean keepAlive) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.status()), Unpooled.wrappedBuffer(reply.body()));
        HttpHeaders headers = response.headers();
        headers.set("X-Frame-Options", "DENY")
                .set("Content-Security-Policy", "frame-ancestors 'none'")
                .set("X-Content-Type-Options", "nosniff")
                .set("Referrer-Policy", "no-referrer");
        for (HttpReply.Header header : reply.headers()) {
            if (REPLACEABLE.contains(header.name().toLowerCase(Locale.ROOT))) {
                headers.set(header.name(), header.value());
            } else {
                headers.add(header.name(), header.value());
            }
        }
        if (reply.status() != HttpResponseStatus.NO_CONTENT.code()
                && reply.status() != HttpResponseStatus.NOT_MODIFIED.code()) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, reply.body().length);
        }
        if (!keepAlive) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        return response;
    }
}
