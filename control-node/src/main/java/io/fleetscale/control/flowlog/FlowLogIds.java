package io.fleetscale.control.flowlog;

import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.key.Bytes32;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The private log ids under which nodes upload: 32 bytes as 64 hex digits, known to the node and to this server only. A node's
 * id is its number and a proof of it, so that every instance can tell whose it is without a table. Thread-safe. Source:
 * tailscale types/logid/id.go; tailcfg.Node.DataPlaneAuditLogID, MapResponse.DomainDataPlaneAuditLogID.
 */
public final class FlowLogIds {
    private static final int NUMBER_BYTES = Long.BYTES;
    /** Ids are clamped like keys of the curve. Source: tailscale types/logid/id.go, NewPrivateID. */
    private static final int FIRST_BYTE = 248;

    private static final int LAST_BYTE_AND = 127;
    private static final int LAST_BYTE_OR = 64;
    private static final HexFormat HEX = HexFormat.of();

    private final SecretMac mac;

    public FlowLogIds(SecretMac mac) {
        this.mac = mac;
    }

    /** The id under which a node uploads. */
    public String ofNode(NodeId node) {
        byte[] id = ByteBuffer.allocate(Bytes32.LENGTH)
                .putLong(node.value())
                .put(mac.mac("flow log of node " + node).toArray(), 0, Bytes32.LENGTH - NUMBER_BYTES)
                .array();
        return text(id);
    }

    /** The id that all nodes name beside their own. */
    public String ofTailnet() {
        return text(mac.mac("flow log of the tailnet").toArray());
    }

    /** Whose id it is; empty when this server did not make it. */
    public Optional<NodeId> node(String text) {
        Optional<Bytes32> given = parse(text);
        if (given.isEmpty()) {
            return Optional.empty();
        }
        NodeId node = new NodeId(ByteBuffer.wrap(given.get().toArray()).getLong());
        return matches(given.get(), ofNode(node)) ? Optional.of(node) : Optional.empty();
    }

    boolean isTailnet(String text) {
        return parse(text).filter(given -> matches(given, ofTailnet())).isPresent();
    }

    private static boolean matches(Bytes32 given, String expected) {
        return given.equalsConstantTime(Bytes32.of(HEX.parseHex(expected)));
    }

    private static Optional<Bytes32> parse(String text) {
        boolean isHex = text.length() == 2 * Bytes32.LENGTH && text.chars().allMatch(HexFormat::isHexDigit);
        return isHex ? Optional.of(Bytes32.of(HEX.parseHex(text))) : Optional.empty();
    }

    private static String text(byte[] id) {
        id[0] &= (byte) FIRST_BYTE;
        id[id.length - 1] = (byte) (id[id.length - 1] & LAST_BYTE_AND | LAST_BYTE_OR);
        return HEX.formatHex(id);
    }
}
