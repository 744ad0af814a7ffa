package io.fleetscale.wire.derp;

import io.fleetscale.wire.key.Bytes32;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * What a node says about itself inside its greeting. Names of fields match in any case and unknown ones are ignored, as
 * the decoder of the upstream relay does. Source: tailscale derp/derp_client.go, ClientInfo.
 *
 * @param meshKey the shared secret of the region's relays, if the sender claims to be one
 * @param version 0 when not said; any value is accepted
 * @param appName opaque name for statistics, possibly empty
 */
public record ClientInfo(
        Optional<Bytes32> meshKey, int version, boolean canAckPings, boolean isProber, String appName) {
    public static final ClientInfo NOTHING_SAID = new ClientInfo(Optional.empty(), 0, false, false, "");

    private static final int MAX_DEPTH = 32;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    /**
     * Reads the opened box.
     *
     * @throws FrameException with {@link FrameFault#BAD_CLIENT_INFO}; the text is not echoed
     */
    public static ClientInfo parse(byte[] json) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            ClientInfo info = switch (parser.nextToken()) {
                case VALUE_NULL -> NOTHING_SAID;
                case START_OBJECT -> readObject(parser);
                case null, default -> throw bad("it is not a JSON object");
            };
            if (parser.nextToken() != null) {
                throw bad("something follows the JSON object");
            }
            return info;
        } catch (JacksonException e) {
            throw bad("it is not well-formed JSON");
        }
    }

    /** Fields in the order of the upstream client; what is not said is left out. */
    public String toJson() {
        StringBuilder json = new StringBuilder("{");
        meshKey.ifPresent(
                key -> json.append("\"meshKey\":\"").append(key.toHex()).append("\","));
        if (version != 0) {
            json.append("\"version\":").append(version).append(',');
        }
        json.append("\"CanAckPings\":").append(canAckPings);
        if (isProber) {
            json.append(",\"IsProber\":true");
        }
        return json.append('}').toString();
    }

    @Override
    public String toString() {
        return "ClientInfo[version=" + version + ", canAckPings=" + canAckPings + ", isProber=" + isProber + "]";
    }

    private static ClientInfo readObject(JsonParser parser) {
        Optional<Bytes32> meshKey = Optional.empty();
        int version = 0;
        boolean canAckPings = false;
        boolean isProber = false;
        String appName = "";
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName().toLowerCase(Locale.ROOT);
            JsonToken value = parser.nextToken();
            switch (field) {
                case "meshkey" -> meshKey = meshKey(parser, value);
                case "version" -> version = number(parser, value, version);
                case "canackpings" -> canAckPings = flag(value, canAckPings);
                case "isprober" -> isProber = flag(value, isProber);
                case "appname" -> appName = text(parser, value, appName);
                default -> parser.skipChildren();
            }
        }
        return new ClientInfo(meshKey, version, canAckPings, isProber, appName);
    }

    /** A key of zeros claims nothing. */
    private static Optional<Bytes32> meshKey(JsonParser parser, JsonToken value) {
        if (value != JsonToken.VALUE_STRING) {
            throw bad("the mesh key is not a string");
        }
        String hex = parser.getString();
        if (hex.length() != 2 * Bytes32.LENGTH) {
            throw bad("the mesh key has " + hex.length() + " digits, not 64");
        }
        try {
            Bytes32 key = Bytes32.of(HexFormat.of().parseHex(hex));
            return key.isZero() ? Optional.empty() : Optional.of(key);
        } catch (IllegalArgumentException e) {
            throw bad("the mesh key is not hexadecimal");
        }
    }

    private static int number(JsonParser parser, JsonToken value, int before) {
        return switch (value) {
            case VALUE_NULL -> before;
            case VALUE_NUMBER_INT -> parser.getIntValue();
            default -> throw bad("the version is not a number");
        };
    }

    private static boolean flag(JsonToken value, boolean before) {
        return switch (value) {
            case VALUE_NULL -> before;
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> throw bad("a flag is not a boolean");
        };
    }

    private static String text(JsonParser parser, JsonToken value, String before) {
        return switch (value) {
            case VALUE_NULL -> before;
            case VALUE_STRING -> parser.getString();
            default -> throw bad("the name is not a string");
        };
    }

    private static FrameException bad(String why) {
        return new FrameException(FrameFault.BAD_CLIENT_INFO, "ClientInfo is refused: " + why);
    }
}
