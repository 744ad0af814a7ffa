package io.fleetscale.control.frontdoor.noise;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One call inside Noise, whole.
 *
 * @param peer the machine key that the connection has proven
 * @param noiseVersion capability version of the handshake; the body usually has its own
 * @param source address of the client, pinned when the connection was made
 * @param connection which of this process's connections it came over
 * @param path as sent, without the query
 * @param rawQuery after the question mark, undecoded; empty if there is none
 * @param variables of the pattern, decoded
 * @param headers by lowercase name, first value each, without pseudo headers
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record NoiseRequest(
        MachineKey peer,
        int noiseVersion,
        IpAddress source,
        long connection,
        String method,
        String path,
        String rawQuery,
        Map<String, String> variables,
        Map<String, String> headers,
        byte[] body) {
    private static final int MAX_PARAMETERS = 64;

    /** The value of a variable of the pattern. */
    public String variable(String name) {
        String value = variables.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the pattern of this call has no {" + name + "}");
        }
        return value;
    }

    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** First value of a parameter of the query. */
    public Optional<String> query(String name) {
        List<String> values = new QueryStringDecoder(rawQuery, StandardCharsets.UTF_8, false, MAX_PARAMETERS)
                .parameters()
                .get(name);
        return values == null || values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst());
    }
}
