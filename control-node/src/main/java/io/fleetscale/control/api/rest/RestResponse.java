package io.fleetscale.control.api.rest;

import java.util.HashMap;
import java.util.Map;

/**
 * What goes back. The front door adds content length and the security headers.
 *
 * @param headers by name as sent; never Content-Length
 */
@SuppressWarnings("ArrayRecordComponent") // bodies are handed over, never compared
public record RestResponse(int status, Map<String, String> headers, byte[] body) {
    public static final String JSON = "application/json";

    public RestResponse {
        headers = Map.copyOf(headers);
    }

    RestResponse withHeader(String name, String value) {
        Map<String, String> more = new HashMap<>(headers);
        more.put(name, value);
        return new RestResponse(status, more, body);
    }

    @Override
    public String toString() {
        return "RestResponse[" + status + ", " + body.length + " bytes]";
    }
}
