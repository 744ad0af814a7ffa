package io.fleetscale.control.api.rest;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request as the front door hands it over.
 *
 * @param path as sent, still percent-encoded, without the query
 * @param query as sent, without the question mark; empty when there is none
 * @param headers by lower-case name
 * @param body at most what the front door admits
 * @param remoteAddress the caller's address after trusted proxies; what the budget of failed attempts counts by
 * @param local whether it came through the unix socket, which needs no key
 */
@SuppressWarnings("ArrayRecordComponent") // bodies are handed over, never compared
public record RestRequest(
        String method,
        String path,
        String query,
        Map<String, List<String>> headers,
        byte[] body,
        String remoteAddress,
        boolean local) {

    /** The first value of a header. */
    public @Nullable String header(String name) {
        List<String> values = headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
        return values.isEmpty() ? null : values.getFirst();
    }

    @Override
    public String toString() {
        return "RestRequest[" + method + " " + path + "]";
    }
}
