package io.fleetscale.control.device;

import com.google.protobuf.ByteString;
import io.fleetscale.control.tailnet.ResourceKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a client tells of the machine that it runs on, by the node's number. Source: tailscale tailcfg/c2ntypes.go,
 * C2NPostureIdentityResponse; tailscale-api-v2 8.1.
 *
 * @param disabled the client's user does not let it tell
 */
public record PostureIdentity(List<String> serialNumbers, List<String> hardwareAddresses, boolean disabled) {
    public static final ResourceKind<PostureIdentity> KIND = ResourceKind.of("posture-identity", PostureIdentity.class);

    /** What the client is asked, through its session. */
    static final ByteString REQUEST =
            ByteString.copyFromUtf8("GET /posture/identity?hwaddrs=true HTTP/1.1\r\nHost: c2n\r\n\r\n");

    private static final int MAX_ENTRIES = 64;
    private static final int MAX_LENGTH = 256;
    private static final String END_OF_HEAD = "\r\n\r\n";

    public PostureIdentity {
        serialNumbers = List.copyOf(serialNumbers);
        hardwareAddresses = List.copyOf(hardwareAddresses);
    }

    /** Reads an HTTP/1.1 response with its length or its end told; empty when it is none, or not a success. */
    static Optional<PostureIdentity> parse(ByteString response) {
        String text = response.toString(StandardCharsets.UTF_8);
        int head = text.indexOf(END_OF_HEAD);
        if (head < 0 || !text.matches("(?s)HTTP/1\\.[01] 200.*")) {
            return Optional.empty();
        }
        // a body in chunks has its size before the object
        int start = text.indexOf('{', head);
        int end = text.lastIndexOf('}');
        if (start < 0 || end < start) {
            return Optional.empty();
        }
        try {
            JsonNode json = JsonMapper.shared().readTree(text.substring(start, end + 1));
            return Optional.of(new PostureIdentity(
                    texts(json.path("SerialNumbers")),
                    texts(json.path("IfaceHardwareAddrs")),
                    json.path("PostureDisabled").asBoolean(false)));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private static List<String> texts(JsonNode list) {
        return list.valueStream()
                .filter(JsonNode::isString)
                .map(JsonNode::asString)
                .filter(text -> text.length() <= MAX_LENGTH)
                .limit(MAX_ENTRIES)
                .toList();
    }
}
