package io.fleetscale.control.cli;

import io.fleetscale.proto.admin.v1.MoveNodeRequest;
import io.fleetscale.proto.admin.v1.StreamNodesRequest;
import io.fleetscale.proto.admin.v1.StreamNodesResponse;
import io.fleetscale.proto.headscale.v1.BackfillNodeIPsRequest;
import io.fleetscale.proto.headscale.v1.DeleteNodeRequest;
import io.fleetscale.proto.headscale.v1.ExpireNodeRequest;
import io.fleetscale.proto.headscale.v1.GetNodeRequest;
import io.fleetscale.proto.headscale.v1.ListNodesRequest;
import io.fleetscale.proto.headscale.v1.Node;
import io.fleetscale.proto.headscale.v1.RegisterNodeRequest;
import io.fleetscale.proto.headscale.v1.RenameNodeRequest;
import io.fleetscale.proto.headscale.v1.SetApprovedRoutesRequest;
import io.fleetscale.proto.headscale.v1.SetTagsRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** {@code nodes}. */
final class NodeCommands {
    private NodeCommands() {}

    /** {@code --id} is how older versions of headscale spell it. */
    static CliOption idOption() {
        return CliOption.text(
                "-i,--id,--identifier", "ID", "number of the node, or a name or address that only one node has");
    }

    static CliCommand group() {
        CliOption id = idOption();
        return CliCommand.of("nodes", "List and change nodes, their tags, routes and names")
                .alias("node")
                .command(
                        CliCommand.of("list", "List nodes")
                                .alias("ls", "show")
                                .option(CliOption.text(
                                        "-u,--user", "NAME", "only nodes of this user, by name or number"))
                                .example("--user alice")
                                .run(NodeCommands::list),
                        CliCommand.of("list-routes", "List the routes of the nodes that have any")
                                .alias("lsr", "routes")
                                .option(id)
                                .example("--identifier 12 -o json")
                                .run(NodeCommands::listRoutes),
                        CliCommand.of("register", "Register a waiting node (older spelling of \"auth register\")")
                                .option(
                                        CliOption.text("-u,--user", "NAME", "name or number of the owner")
                                                .needed(),
                                        CliOption.text("-k,--key", "AUTH-ID", "what the login page shows")
                                                .needed())
                                .example("--user alice --key hskey-authreq-AbCdEfGhIjKlMnOpQrStUvWx")
                                .run(NodeCommands::register),
                        CliCommand.of("expire", "Let the key of a node end, now or at a time, or never")
                                .alias("logout", "exp", "e")
                                .option(
                                        id.needed(),
                                        CliOption.text("-e,--expiry", "TIME", "RFC 3339, like 2027-01-31T10:00:00Z"),
                                        CliOption.flag("-d,--disable", "the key never ends"))
                                .example("--identifier 12 --expiry 2027-01-31T10:00:00Z")
                                .run(NodeCommands::expire),
                        CliCommand.of("rename", "Give a node another name")
                                .argument("NEW_NAME")
                                .option(id.needed())
                                .example("web-1 --identifier 12")
                                .run(NodeCommands::rename),
                        CliCommand.of("move", "Give a node to another user")
                                .alias("mv")
                                .option(
                                        id.needed(),
                                        CliOption.text("-u,--user", "NAME", "name or number of the new owner")
                                                .needed())
                                .example("--identifier 12 --user bob")
                                .run(NodeCommands::move),
                        CliCommand.of("delete", "Remove a node")
                                .alias("del")
                                .option(id.needed())
                                .example("--identifier web-1 --force")
                                .run(NodeCommands::delete),
                        CliCommand.of("tag", "Replace the tags of a node")
                                .alias("tags", "t")
                                .option(id.needed(), CliOption.list("-t,--tags", "TAG", "tag:one,tag:two"))
                                .example("--identifier 12 --tags tag:web,tag:prod")
                                .run(NodeCommands::tag),
                        CliCommand.of("approve-routes", "Replace the approved routes of a node; \"\" removes all")
                                .option(id.needed(), CliOption.list("-r,--routes", "ROUTE", "10.0.0.0/8,0.0.0.0/0"))
                                .example("--identifier 12 --routes 10.0.0.0/24,0.0.0.0/0")
                                .run(NodeCommands::approveRoutes),
                        CliCommand.of("backfillips", "Give every node an address of each configured family")
                                .example("--force")
                                .run(NodeCommands::backfill));
    }

    private static int list(Invocation call) {
        ListPrinter printer = NodeTables.nodes(call);
        Instant now = call.now();
        pages(call, Names.userName(call, call.text("--user")))
                .forEachRemaining(page -> printer.page(page, (table, node) -> NodeTables.row(table, node, now)));
        printer.end();
        return 0;
    }

    /** In pages from our servers; headscale's give one list. */
    private static Iterator<List<Node>> pages(Invocation call, String user) {
        StreamNodesRequest request =
                StreamNodesRequest.newBuilder().setUser(user).build();
        return call.callMore("listing nodes", server -> {
            Iterator<StreamNodesResponse> pages = server.more().streamNodes(request);
            try {
                boolean ignored = pages.hasNext();
            } catch (StatusRuntimeException failed) {
                if (failed.getStatus().getCode() != Status.Code.UNIMPLEMENTED) {
                    throw failed;
                }
                return List.of(nodes(call, user)).iterator();
            }
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return call.callMore("listing nodes", unused -> pages.hasNext());
                }

                @Override
                public List<Node> next() {
                    return pages.next().getNodesList();
                }
            };
        });
    }

    private static List<Node> nodes(Invocation call, String user) {
        ListNodesRequest request = ListNodesRequest.newBuilder().setUser(user).build();
        return call.call("listing nodes", server -> server.listNodes(request)).getNodesList();
    }

    static int listRoutes(Invocation call) {
        String identifier = call.text("--identifier");
        long id = identifier.isEmpty() ? 0 : Names.nodeId(call, identifier);
        List<Node> all = nodes(call, "");
        if (id != 0 && all.stream().noneMatch(node -> node.getId() == id)) {
            throw new CliFailure("node " + Long.toUnsignedString(id) + " not found");
        }
        List<Node> nodes = all.stream()
                .filter(node -> id == 0 || node.getId() == id)
                .filter(node ->
                        node.getApprovedRoutesCount() + node.getAvailableRoutesCount() + node.getSubnetRoutesCount()
                                > 0)
                .toList();
        return call.printList(nodes, () -> NodeTables.routes(call, nodes));
    }

    private static int register(Invocation call) {
        call.err()
                .println("\"nodes register\" goes away, use: " + call.program()
                        + " auth register --auth-id <id> --user <user>");
        RegisterNodeRequest request = RegisterNodeRequest.newBuilder()
                .setUser(Names.userName(call, call.text("--user")))
                .setKey(call.text("--key"))
                .build();
        Node node = call.call(
                        AuthCommands.registering(request.getKey(), request.getUser()),
                        server -> server.registerNode(request))
                .getNode();
        return call.print(node, "Node " + node.getGivenName() + " registered");
    }

    private static int expire(Invocation call) {
        ExpireNodeRequest.Builder request = ExpireNodeRequest.newBuilder().setNodeId(id(call));
        if (call.flag("--disable")) {
            request.setDisableExpiry(true);
            Node node = call.call("disabling node expiry", server -> server.expireNode(request.build()))
                    .getNode();
            return call.print(node, "Node expiry disabled");
        }
        Instant now = call.now();
        Instant expiry = now;
        String text = call.text("--expiry");
        if (!text.isEmpty()) {
            try {
                expiry = OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeException malformed) {
                throw new CliFailure("parsing expiry time: " + malformed.getMessage());
            }
        }
        request.setExpiry(Invocation.timestamp(expiry));
        Node node = call.call("expiring node", server -> server.expireNode(request.build()))
                .getNode();
        return call.print(node, expiry.isAfter(now) ? "Node expiration updated" : "Node expired");
    }

    private static int rename(Invocation call) {
        if (call.arguments().isEmpty()) {
            throw new CliFailure("missing parameters: the new name of the node");
        }
        RenameNodeRequest request = RenameNodeRequest.newBuilder()
                .setNodeId(id(call))
                .setNewName(call.arguments().getFirst())
                .build();
        return call.print(
                call.call("renaming node", server -> server.renameNode(request)).getNode(), "Node renamed");
    }

    private static int move(Invocation call) {
        MoveNodeRequest request = MoveNodeRequest.newBuilder()
                .setNodeId(id(call))
                .setUser(call.text("--user"))
                .build();
        Node node = call.callMore(
                        "moving node to user " + request.getUser(),
                        server -> server.more().moveNode(request))
                .getNode();
        return call.print(node, "Node moved to " + node.getUser().getName());
    }

    private static int delete(Invocation call) {
        long id = id(call);
        GetNodeRequest get = GetNodeRequest.newBuilder().setNodeId(id).build();
        Node node = call.call("getting node", server -> server.getNode(get)).getNode();
        if (!call.confirm("Do you want to remove the node " + node.getName() + "?")) {
            return call.printMap(Map.of("Result", "Node not deleted"), "Node not deleted");
        }
        DeleteNodeRequest request = DeleteNodeRequest.newBuilder().setNodeId(id).build();
        call.call("deleting node", server -> server.deleteNode(request));
        return call.printMap(Map.of("Result", "Node deleted"), "Node deleted");
    }

    private static int tag(Invocation call) {
        SetTagsRequest request = SetTagsRequest.newBuilder()
                .setNodeId(id(call))
                .addAllTags(call.list("--tags"))
                .build();
        return call.print(
                call.call("setting tags", server -> server.setTags(request)).getNode(), "Node updated");
    }

    private static int approveRoutes(Invocation call) {
        SetApprovedRoutesRequest request = SetApprovedRoutesRequest.newBuilder()
                .setNodeId(id(call))
                .addAllRoutes(call.list("--routes"))
                .build();
        Node node = call.call("setting approved routes", server -> server.setApprovedRoutes(request))
                .getNode();
        return call.print(node, "Node updated");
    }

    private static int backfill(Invocation call) {
        if (!call.confirm("Are you sure that you want to assign/remove IPs to/from nodes?")) {
            return 0;
        }
        BackfillNodeIPsRequest request =
                BackfillNodeIPsRequest.newBuilder().setConfirmed(true).build();
        return call.print(
                call.call("backfilling IPs", server -> server.backfillNodeIPs(request)),
                "Node IPs backfilled successfully");
    }

    private static long id(Invocation call) {
        return Names.nodeId(call, call.text("--identifier"));
    }
}
