package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the interpreter asks about nodes. Source: policy 0.3. */
final class Facts {
    private static final Comparator<Node> FIRST_CREATED =
            Comparator.comparing(Node::createdAt).thenComparing(Node::id);

    private final TailnetImage image;
    private final List<Node> nodes;

    Facts(TailnetImage image) {
        this.image = image;
        this.nodes = image.nodes().values().stream().sorted(FIRST_CREATED).toList();
    }

    TailnetImage image() {
        return image;
    }

    /** By time of creation. */
    List<Node> nodes() {
        return nodes;
    }

    /** Absent for a tagged node, whoever registered it. */
    @Nullable
    User owner(Node node) {
        UserId id = node.userId();
        return node.isTagged() || id == null ? null : image.user(id);
    }

    /** By which policies know a user: the e-mail address, or the name where there is none. */
    static String login(User user) {
        return user.email().isEmpty() ? user.name() : user.email();
    }

    boolean sameOwner(Node one, Node other) {
        User owner = owner(one);
        User otherOwner = owner(other);
        return owner != null && otherOwner != null && owner.id().equals(otherOwner.id());
    }

    static SortedSet<IpPrefix> approvedRoutes(Node node) {
        SortedSet<IpPrefix> routes = new TreeSet<>(node.advertisedRoutes());
        routes.retainAll(node.approvedRoutes());
        return routes;
    }

    static List<IpPrefix> subnetRoutes(Node node) {
        return approvedRoutes(node).stream().filter(route -> !route.isAll()).toList();
    }

    static List<IpPrefix> exitRoutes(Node node) {
        return approvedRoutes(node).stream().filter(IpPrefix::isAll).toList();
    }

    /** Addresses of the services that the node serves; it never sends from them first. Source: policy 9.4. */
    static List<IpPrefix> services(Node node) {
        return node.servedAddresses();
    }

    static boolean isExitNode(Node node) {
        return !exitRoutes(node).isEmpty();
    }

    /** The nodes' addresses, IPv4 first, ascending. */
    static List<IpAddress> addresses(List<Node> nodes) {
        return nodes.stream()
                .flatMap(node -> node.addresses().stream())
                .sorted()
                .toList();
    }
}
