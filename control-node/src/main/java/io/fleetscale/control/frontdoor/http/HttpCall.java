package io.fleetscale.control.frontdoor.http;

import io.fleetscale.wire.ip.IpAddress;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One request, whole.
 *
 * @param path as sent, without the query
 * @param rawQuery after the question mark, undecoded; empty if there is none
 * @param variables of the route's pattern, decoded
 * @param source the client's address, as trusted proxies tell it
 * @param secure whether it came in by TLS
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record HttpCall(
        String method,
        String path,
        String rawQuery,
        Map<String, String> variables,
        HttpHeaders headers,
        byte[] body,
        IpAddress source,
        boolean secure) {
    private static final int MAX_PARAMETERS = 256;

    /** The value of a variable of the pattern. */
    public String variable(String name) {
        String value = variables.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the pattern of this route has no {" + name + "}");
        }
        return value;
    }

    /** First value of a header, whatever its case. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** All parameters of the query, decoded. */
    public Map<String, List<String>> query() {
        return new QueryStringDecoder(rawQuery, StandardCharsets.UTF_8, false, MAX_PARAMETERS).parameters();
    }

    /** First value of a parameter of the query. */
    public Optional<String> query(String name) {
        List<String> values = query().get(name);
        return values == null || values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst());
    }

    public String bodyText() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
