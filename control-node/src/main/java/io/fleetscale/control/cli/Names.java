package io.fleetscale.control.cli;

import io.fleetscale.proto.headscale.v1.ListNodesRequest;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.fleetscale.proto.headscale.v1.Node;
import io.fleetscale.proto.headscale.v1.User;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds what a person means by a number or a name; a number always means the number. */
final class Names {
    private Names() {}

    static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9') && text.length() <= 19;
    }

    /** The number of a node: given as such, or by given name, host name or address that only one node has. */
    static long nodeId(Invocation call, String text) {
        if (isNumber(text)) {
            return Long.parseUnsignedLong(text);
        }
        List<Node> nodes = call.call("listing nodes", server -> server.listNodes(ListNodesRequest.getDefaultInstance()))
                .getNodesList();
        String wanted = text.toLowerCase(Locale.ROOT);
        List<Predicate<Node>> ways = List.of(
                node -> node.getGivenName().toLowerCase(Locale.ROOT).equals(wanted),
                node -> node.getIpAddressesList().contains(wanted),
                node -> node.getName().toLowerCase(Locale.ROOT).equals(wanted));
        for (Predicate<Node> way : ways) {
            List<Node> found = nodes.stream().filter(way).toList();
            if (found.size() == 1) {
                return found.getFirst().getId();
            }
            if (found.size() > 1) {
                throw ambiguous("node", text, found.stream().map(Node::getId));
            }
        }
        throw new CliFailure("node \"" + text + "\": no node has this number, name or address");
    }

    /** The number of a user: given as such, or by a name that only one user has. */
    static long userId(Invocation call, String text) {
        if (isNumber(text)) {
            return Long.parseUnsignedLong(text);
        }
        List<User> found = users(call, "", text);
        if (found.size() > 1) {
            throw ambiguous("user", text, found.stream().map(User::getId));
        }
        if (found.isEmpty()) {
            throw new CliFailure("user \"" + text + "\": no user has this name");
        }
        return found.getFirst().getId();
    }

    /** The name of a user for calls that take nothing else; a number that is nobody's name means the number. */
    static String userName(Invocation call, String text) {
        if (!isNumber(text) || !users(call, "", text).isEmpty()) {
            return text;
        }
        List<User> found = users(call, text, "");
        return found.isEmpty() ? text : found.getFirst().getName();
    }

    /** The one user of a number or name; either may be empty, and the number may be a name. */
    static User user(Invocation call, String id, String name) {
        List<User> found = users(call, id, name);
        if (found.isEmpty()) {
            throw new CliFailure("user \"" + (name.isEmpty() ? id : name) + "\" not found");
        }
        if (found.size() > 1) {
            throw new CliFailure("multiple users match query, specify an ID");
        }
        return found.getFirst();
    }

    private static List<User> users(Invocation call, String id, String name) {
        ListUsersRequest.Builder request = ListUsersRequest.newBuilder();
        if (isNumber(id)) {
            request.setId(Long.parseUnsignedLong(id));
        }
        request.setName(!name.isEmpty() || isNumber(id) ? name : id);
        return call.call("listing users", server -> server.listUsers(request.build()))
                .getUsersList();
    }

    private static CliFailure ambiguous(String kind, String text, Stream<Long> ids) {
        return new CliFailure(kind + " \"" + text + "\" is ambiguous, give a number: "
                + ids.map(Long::toUnsignedString).collect(Collectors.joining(", ")));
    }
}
