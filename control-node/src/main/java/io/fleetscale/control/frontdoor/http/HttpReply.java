package io.fleetscale.control.frontdoor.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Status, headers and body of an answer. The front door adds length, connection and security headers. Immutable. */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record HttpReply(int status, List<Header> headers, byte[] body) {
    private static final byte[] NOTHING = new byte[0];

    /** One header line; a name may come twice. */
    public record Header(String name, String value) {}

    public HttpReply {
        headers = List.copyOf(headers);
    }

    public static HttpReply empty(int status) {
        return new HttpReply(status, List.of(), NOTHING);
    }

    public static HttpReply of(int status, String contentType, byte[] body) {
        return new HttpReply(status, List.of(new Header("Content-Type", contentType)), body);
    }

    public static HttpReply text(int status, String text) {
        return of(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    public static HttpReply html(int status, String html) {
        return of(status, "text/html; charset=utf-8", html.getBytes(StandardCharsets.UTF_8));
    }

    public static HttpReply json(int status, String json) {
        return of(status, "application/json", json.getBytes(StandardCharsets.UTF_8));
    }

    public HttpReply withHeader(String name, String value) {
        List<Header> more = new ArrayList<>(headers);
        more.add(new Header(name, value));
        return new HttpReply(status, more, body);
    }
}
