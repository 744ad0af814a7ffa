package io.fleetscale.wire.tailcfg;

import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The small requests beside register and map. Source: control-protocol 3.4. */
public final class SmallRequests {
    private static final int MAX_TEXT = 64 * 1024;

    private SmallRequests() {}

    /**
     * {@code POST /machine/set-dns}.
     *
     * @param name without trailing dot
     * @param type always {@code TXT}
     */
    public record SetDns(int version, NodeKey nodeKey, String name, String type, String value) {
        public static SetDns parse(byte[] body) {
            Draft d = GoReader.readDocument(body, SET_DNS, new Draft());
            return new SetDns(d.version, d.nodeKey, d.name, d.type, d.text);
        }
    }

    /**
     * {@code POST /machine/update-health}.
     *
     * @param error empty = the problem is gone
     * @param nodeKey zero from clients up to 1.62
     */
    public record HealthChange(String subsystem, String error, NodeKey nodeKey) {
        public static HealthChange parse(byte[] body) {
            Draft d = GoReader.readDocument(body, HEALTH, new Draft());
            return new HealthChange(d.name, d.text, d.nodeKey);
        }
    }

    /**
     * {@code PATCH /machine/set-device-attr}.
     *
     * @param update by name; a null value removes the attribute
     */
    public record SetDeviceAttributes(int version, NodeKey nodeKey, Map<String, @Nullable Attribute> update) {
        public SetDeviceAttributes {
            update = Collections.unmodifiableMap(new LinkedHashMap<>(update));
        }

        public static final int MAX_ATTRIBUTES = 256;

        public static SetDeviceAttributes parse(byte[] body) {
            Draft d = GoReader.readDocument(body, DEVICE_ATTRIBUTES, new Draft());
            return new SetDeviceAttributes(d.version, d.nodeKey, d.attributes);
        }
    }

    /** Value of a device attribute. */
    public sealed interface Attribute {
        record Text(String value) implements Attribute {}

        record Numeric(double value) implements Attribute {}

        record Flag(boolean value) implements Attribute {}
    }

    /** {@code POST /machine/id-token}. */
    public record IdToken(int version, NodeKey nodeKey, String audience) {
        public static IdToken parse(byte[] body) {
            Draft d = GoReader.readDocument(body, ID_TOKEN, new Draft());
            return new IdToken(d.version, d.nodeKey, d.text);
        }
    }

    /** {@code POST /machine/feature/query}. */
    public record FeatureQuery(String feature, NodeKey nodeKey) {
        public static FeatureQuery parse(byte[] body) {
            Draft d = GoReader.readDocument(body, FEATURE_QUERY, new Draft());
            return new FeatureQuery(d.text, d.nodeKey);
        }
    }

    /** {@code POST /machine/audit-log}. */
    public record AuditLog(
            int version,
            NodeKey nodeKey,
            String action,
            String details,
            @Nullable Instant timestamp) {
        public static AuditLog parse(byte[] body) {
            Draft d = GoReader.readDocument(body, AUDIT_LOG, new Draft());
            return new AuditLog(d.version, d.nodeKey, d.name, d.text, d.timestamp);
        }
    }

    /**
     * What a client posts to the URL of a ping.
     *
     * @param error empty when the pinged node answered
     */
    public record PingResponse(
            String type,
            String ip,
            String nodeIp,
            String nodeName,
            String error,
            double latencySeconds,
            String endpoint,
            String peerRelay,
            int derpRegionId,
            String derpRegionCode,
            int peerApiPort,
            boolean isLocalIp) {
        public static PingResponse parse(byte[] body) {
            PingDraft d = GoReader.readDocument(body, PingDraft.SHAPE, new PingDraft());
            return new PingResponse(
                    d.type,
                    d.ip,
                    d.nodeIp,
                    d.nodeName,
                    d.error,
                    d.latencySeconds,
                    d.endpoint,
                    d.peerRelay,
                    d.derpRegionId,
                    d.derpRegionCode,
                    d.peerApiPort,
                    d.isLocalIp);
        }
    }

    /** Answer to a feature query. */
    public record FeatureAnswer(boolean complete, String text, String url, boolean shouldWait) {
        public byte[] toJson() {
            return JsonOut.object(json -> {
                json.bool("Complete", complete);
                json.text("Text", text);
                json.text("URL", url);
                json.bool("ShouldWait", shouldWait);
            });
        }
    }

    private static final GoObject<Draft> SET_DNS = shape("SetDNSRequest")
            .with("Version", (d, in) -> d.version = in.int32())
            .with("Name", (d, in) -> d.name = in.text(MAX_TEXT))
            .with("Type", (d, in) -> d.type = in.text(MAX_TEXT))
            .with("Value", (d, in) -> d.text = in.text(MAX_TEXT));

    private static final GoObject<Draft> HEALTH = shape("HealthChangeRequest")
            .with("Subsys", (d, in) -> d.name = in.text(MAX_TEXT))
            .with("Error", (d, in) -> d.text = in.text(MAX_TEXT));

    private static final GoObject<Draft> DEVICE_ATTRIBUTES = shape("SetDeviceAttributesRequest")
            .with("Version", (d, in) -> d.version = in.int32())
            .with(
                    "Update",
                    (d, in) -> in.map(
                            SetDeviceAttributes.MAX_ATTRIBUTES,
                            (name, value) -> d.attributes.put(name, attribute(value))));

    private static final GoObject<Draft> ID_TOKEN = shape("TokenRequest")
            .with("CapVersion", (d, in) -> d.version = in.int32())
            .with("Audience", (d, in) -> d.text = in.text(MAX_TEXT));

    private static final GoObject<Draft> FEATURE_QUERY =
            shape("QueryFeatureRequest").with("Feature", (d, in) -> d.text = in.text(MAX_TEXT));

    private static final GoObject<Draft> AUDIT_LOG = shape("AuditLogRequest")
            .with("Version", (d, in) -> d.version = in.int32())
            .with("Action", (d, in) -> d.name = in.text(MAX_TEXT))
            .with("Details", (d, in) -> d.text = in.text(MAX_TEXT))
            .with("Timestamp", (d, in) -> d.timestamp = in.time());

    private static GoObject<Draft> shape(String name) {
        return new GoObject<Draft>(name).with("NodeKey", (d, in) -> d.nodeKey = in.nodeKey());
    }

    private static @Nullable Attribute attribute(GoReader in) {
        if (in.isNull()) {
            return null;
        }
        if (in.isText()) {
            return new Attribute.Text(in.text(MAX_TEXT));
        }
        return in.isBoolean() ? new Attribute.Flag(in.bool()) : new Attribute.Numeric(in.float64());
    }

    private static final class Draft {
        private int version = 0;
        private NodeKey nodeKey = NodeKey.ZERO;
        private String name = "";
        private String type = "";
        private String text = "";
        private @Nullable Instant timestamp = null;
        private final Map<String, @Nullable Attribute> attributes = new LinkedHashMap<>();
    }

    private static final class PingDraft {
        static final GoObject<PingDraft> SHAPE = new GoObject<PingDraft>("PingResponse")
                .with("Type", (d, in) -> d.type = in.text(MAX_TEXT))
                .with("IP", (d, in) -> d.ip = in.text(MAX_TEXT))
                .with("NodeIP", (d, in) -> d.nodeIp = in.text(MAX_TEXT))
                .with("NodeName", (d, in) -> d.nodeName = in.text(MAX_TEXT))
                .with("Err", (d, in) -> d.error = in.text(MAX_TEXT))
                .with("LatencySeconds", (d, in) -> d.latencySeconds = in.float64())
                .with("Endpoint", (d, in) -> d.endpoint = in.text(MAX_TEXT))
                .with("PeerRelay", (d, in) -> d.peerRelay = in.text(MAX_TEXT))
                .with("DERPRegionID", (d, in) -> d.derpRegionId = in.int32())
                .with("DERPRegionCode", (d, in) -> d.derpRegionCode = in.text(MAX_TEXT))
                .with("PeerAPIPort", (d, in) -> d.peerApiPort = in.uint16())
                .with("IsLocalIP", (d, in) -> d.isLocalIp = in.bool());

        private String type = "";
        private String ip = "";
        private String nodeIp = "";
        private String nodeName = "";
        private String error = "";
        private double latencySeconds = 0;
        private String endpoint = "";
        private String peerRelay = "";
        private int derpRegionId = 0;
        private String derpRegionCode = "";
        private int peerApiPort = 0;
        private boolean isLocalIp = false;
    }
}
