package io.fleetscale.wire.tailcfg;

import com.google.protobuf.ByteString;
import io.fleetscale.wire.ip.IpAddress;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Asks a client to answer at a URL: a plain ping, a ping of a peer, or a request to its own handlers (c2n). Source:
 * control-protocol 5.9.
 *
 * @param url unique for each request; {@code https:} when over Noise
 * @param types empty for a HEAD of the URL, {@code c2n}, or a comma list of {@code disco}, {@code TSMP}, {@code ICMP}, {@code peerapi}
 * @param ip whom to ping
 * @param payload for c2n: an HTTP/1.1 request as it would go over a wire
 */
public record PingRequest(
        String url,
        boolean urlIsNoise,
        boolean log,
        String types,
        @Nullable IpAddress ip,
        ByteString payload) {

    public static final String C2N = "c2n";

    public void write(JsonWriter json) {
        json.beginObject().name("URL").value(url);
        if (urlIsNoise) {
            json.name("URLIsNoise").value(true);
        }
        if (log) {
            json.name("Log").value(true);
        }
        if (!types.isEmpty()) {
            json.name("Types").value(types);
        }
        if (ip != null) {
            json.name("IP").value(ip.toString());
        }
        if (!payload.isEmpty()) {
            json.name("Payload").value(Base64.getEncoder().encodeToString(payload.toByteArray()));
        }
        json.endObject();
    }
}
