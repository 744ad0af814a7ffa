package io.fleetscale.wire.noise;

import io.fleetscale.wire.key.ChallengeKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a server may send before the first HTTP/2 frame: {@code ff ff ff 54 53}, length (4, big-endian), JSON.
 *
 * <p>Source: tailscale control/ts2021/conn.go; tailcfg.EarlyNoise.
 */
public record EarlyPayload(ChallengeKey nodeKeyChallenge) {
    /** Magic and length; as long as the header of an HTTP/2 frame, so that a client reads nine bytes and then decides. */
    public static final int HEADER_LENGTH = 9;
    /** Longest JSON text that is read. Tailscale allows 10 MiB; what exists has 95 bytes. */
    public static final int MAX_JSON_LENGTH = 64 * 1024;

    private static final byte[] MAGIC = {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 'T', 'S'};
    private static final JsonMapper JSON = new JsonMapper();

    /** Header and JSON. */
    public byte[] encode() {
        byte[] json = ("{\"nodeKeyChallenge\":\"" + nodeKeyChallenge + "\"}").getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = Arrays.copyOf(MAGIC, HEADER_LENGTH + json.length);
        bytes[5] = (byte) (json.length >>> 24);
        bytes[6] = (byte) (json.length >>> 16);
        bytes[7] = (byte) (json.length >>> 8);
        bytes[8] = (byte) json.length;
        System.arraycopy(json, 0, bytes, HEADER_LENGTH, json.length);
        return bytes;
    }

    /**
     * Length of the JSON text that follows these nine bytes; empty if they are no header of an early payload.
     *
     * @throws NoiseException MALFORMED if it is longer than {@link #MAX_JSON_LENGTH}
     */
    public static Optional<Integer> jsonLength(byte[] header) throws NoiseException {
        if (!Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            return Optional.empty();
        }
        int length = (header[5] & 0xFF) << 24 | (header[6] & 0xFF) << 16 | (header[7] & 0xFF) << 8 | (header[8] & 0xFF);
        if (length < 0 || length > MAX_JSON_LENGTH) {
            throw NoiseException.malformed(
                    "early payload of " + Integer.toUnsignedString(length) + " bytes: at most " + MAX_JSON_LENGTH);
        }
        return Optional.of(length);
    }

    /**
     * Reads the JSON text; an absent challenge is {@link ChallengeKey#ZERO}.
     *
     * @throws NoiseException MALFORMED if it is no JSON object or the challenge is no key
     */
    public static EarlyPayload decode(byte[] json) throws NoiseException {
        try {
            JsonNode root = JSON.readTree(json);
            @Nullable JsonNode challenge = root.isObject() ? root.get("nodeKeyChallenge") : null;
            if (!root.isObject() || challenge != null && !challenge.isString()) {
                throw NoiseException.malformed("early payload is not the JSON object that it should be");
            }
            return new EarlyPayload(
                    challenge == null ? ChallengeKey.ZERO : ChallengeKey.fromText(challenge.stringValue()));
        } catch (JacksonException | IllegalArgumentException e) {
            throw NoiseException.malformed("early payload does not parse");
        }
    }
}
