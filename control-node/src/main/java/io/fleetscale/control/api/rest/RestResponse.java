package io.fleetscale.control.api.rest;

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

    @Override
    public String toString() {
        return "RestResponse[" + status + ", " + body.length + " bytes]";
    }
}
