package io.fleetscale.control.cli;

import io.fleetscale.proto.headscale.v1.Node;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.List;

/** The tables of nodes, with headscale's columns. */
final class NodeTables {
    private NodeTables() {}

    static ListPrinter nodes(Invocation call) {
        return call.printer(
                "ID",
                "Hostname",
                "Name",
                "MachineKey",
                "NodeKey",
                "User",
                "Tags",
                "IP addresses",
                "Ephemeral",
                "Last seen",
                "Expiration",
                "Connected",
                "Expired");
    }

    static void row(TableWriter table, Node node, Instant now) {
        boolean expired =
                node.hasExpiry() && Invocation.instant(node.getExpiry()).isBefore(now);
        table.row()
                .cell(Long.toUnsignedString(node.getId()))
                .cell(node.getName())
                .cell(node.getGivenName())
                .cell(shortMachineKey(node.getMachineKey()))
                .cell(shortNodeKey(node))
                .cell(node.getUser().getName())
                .cell(String.join("\n", node.getTagsList()))
                .cell(String.join("\n", node.getIpAddressesList()))
                .cell(Boolean.toString(node.getPreAuthKey().getEphemeral()))
                .cell(node.hasLastSeen() ? Invocation.time(node.getLastSeen()) : "")
                .cell(node.hasExpiry() ? Invocation.time(node.getExpiry()) : "N/A")
                .cell(
                        node.getOnline() ? "online" : "offline",
                        node.getOnline() ? TableWriter.Mood.GOOD : TableWriter.Mood.BAD)
                .cell(expired ? "yes" : "no", expired ? TableWriter.Mood.BAD : TableWriter.Mood.GOOD);
    }

    static TableWriter routes(Invocation call, List<Node> nodes) {
        TableWriter table = call.table("ID", "Hostname", "Approved", "Available", "Serving (Primary)");
        for (Node node : nodes) {
            table.row()
                    .cell(Long.toUnsignedString(node.getId()))
                    .cell(node.getGivenName())
                    .cell(String.join("\n", node.getApprovedRoutesList()))
                    .cell(String.join("\n", node.getAvailableRoutesList()))
                    .cell(String.join("\n", node.getSubnetRoutesList()));
        }
        return table;
    }

    private static String shortMachineKey(String text) {
        try {
            return MachineKey.fromText(text).toShortText();
        } catch (IllegalArgumentException malformed) {
            return "";
        }
    }

    private static String shortNodeKey(Node node) {
        try {
            return NodeKey.fromText(node.getNodeKey()).toShortText();
        } catch (IllegalArgumentException malformed) {
            throw new CliFailure("converting to table: node " + Long.toUnsignedString(node.getId()) + ": node key: "
                    + malformed.getMessage());
        }
    }
}
