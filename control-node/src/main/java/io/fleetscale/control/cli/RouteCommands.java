package io.fleetscale.control.cli;

import io.fleetscale.proto.headscale.v1.ListNodesRequest;
import io.fleetscale.proto.headscale.v1.Node;
import io.fleetscale.proto.headscale.v1.SetApprovedRoutesRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code routes}, as older versions of headscale spell it: enables and disables single prefixes, where {@code nodes
 * approve-routes} replaces them all.
 */
final class RouteCommands {
    private static final Set<String> EXIT_ROUTES = Set.of("0.0.0.0/0", "::/0");

    private RouteCommands() {}

    static CliCommand group() {
        CliOption id = NodeCommands.idOption();
        CliOption route = CliOption.list("-r,--route", "PREFIX", "like 10.0.0.0/8; without it, all of the node");
        return CliCommand.of("routes", "List, enable and disable the routes that nodes announce")
                .alias("route", "r")
                .command(
                        CliCommand.of("list", "List the routes of the nodes that have any")
                                .alias("ls", "show")
                                .option(id)
                                .example("--identifier 12")
                                .run(NodeCommands::listRoutes),
                        CliCommand.of("enable", "Approve a route of the nodes that announce it, or of one of them")
                                .option(id, route)
                                .example("--route 10.0.0.0/24 --identifier 12")
                                .run(call -> change(call, true)),
                        CliCommand.of("disable", "Withdraw the approval of a route, everywhere or from one node")
                                .option(id, route)
                                .example("--route 10.0.0.0/24")
                                .run(call -> change(call, false)));
    }

    private static int change(Invocation call, boolean enable) {
        String identifier = call.text("--identifier");
        long id = identifier.isEmpty() ? 0 : Names.nodeId(call, identifier);
        List<Node> nodes = call
                .call("listing nodes", server -> server.listNodes(ListNodesRequest.getDefaultInstance()))
                .getNodesList()
                .stream()
                .filter(node -> id == 0 || node.getId() == id)
                .toList();
        if (id != 0 && nodes.isEmpty()) {
            throw new CliFailure("node " + Long.toUnsignedString(id) + " not found");
        }
        List<String> routes = call.list("--route");
        if (routes.isEmpty()) {
            if (id == 0) {
                throw new CliFailure("required flag(s) \"route\" not set; or --id for all routes of one node");
            }
            routes = nodes.stream()
                    .flatMap(node -> (enable ? node.getAvailableRoutesList() : node.getApprovedRoutesList()).stream())
                    .distinct()
                    .toList();
        }
        for (String route : routes) {
            if (nodes.stream().noneMatch(node -> has(node, route, enable))) {
                throw new CliFailure("route " + route + ": "
                        + (enable ? "no such node announces it" : "it is enabled on no such node")
                        + "; \"" + call.program() + " routes list\" shows what there is");
            }
        }
        List<Node> changed = new ArrayList<>();
        for (Node node : nodes) {
            TreeSet<String> approved = new TreeSet<>(node.getApprovedRoutesList());
            for (String route : routes) {
                if (enable && has(node, route, true)) {
                    approved.add(route);
                } else if (!enable) {
                    // the server takes either exit route for both
                    approved.removeAll(EXIT_ROUTES.contains(route) ? EXIT_ROUTES : Set.of(route));
                }
            }
            if (!approved.equals(new TreeSet<>(node.getApprovedRoutesList()))) {
                SetApprovedRoutesRequest request = SetApprovedRoutesRequest.newBuilder()
                        .setNodeId(node.getId())
                        .addAllRoutes(approved)
                        .build();
                changed.add(call.call("setting routes", server -> server.setApprovedRoutes(request))
                        .getNode());
            }
        }
        return call.isForPrograms()
                ? call.printList(changed, () -> NodeTables.routes(call, changed))
                : call.printText("Routes " + (enable ? "enabled" : "disabled"));
    }

    private static boolean has(Node node, String route, boolean announced) {
        return (announced ? node.getAvailableRoutesList() : node.getApprovedRoutesList()).contains(route);
    }
}
