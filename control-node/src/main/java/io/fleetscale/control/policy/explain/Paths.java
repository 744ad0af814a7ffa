package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.language.AddressSet;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which nodes let traffic to an address in. Source: policy 4.2, 4.3. */
final class Paths {
    private final TailnetImage image;
    private final CompiledPolicy policy;

    Paths(TailnetImage image, CompiledPolicy policy) {
        this.image = image;
        this.policy = policy;
    }

    /**
     * @param gates empty: traffic gets nowhere
     * @param known whether the sender has the route; if not, the gates are those that would serve it
     */
    record Path(List<Node> gates, boolean known, String text) {}

    private record Candidate(Node router, IpPrefix route) {}

    Path to(@Nullable Node sender, Party destination) {
        Node node = destination.node();
        return node != null
                ? new Path(List.of(node), true, "at " + node.givenName() + " itself")
                : toAddress(sender, destination.addresses().getFirst());
    }

    private Path toAddress(@Nullable Node sender, IpAddress address) {
        List<Candidate> routers = new ArrayList<>();
        List<Node> exits = new ArrayList<>();
        String waiting = "";
        for (Node node : image.nodes().values()) {
            List<IpPrefix> approved = Judge.approved(node);
            Stream.concat(approved.stream(), node.servedAddresses().stream())
                    .filter(route -> !route.isAll() && route.contains(address))
                    .forEach(route -> routers.add(new Candidate(node, route)));
            if (approved.stream().anyMatch(route -> route.isAll() && route.contains(address))) {
                exits.add(node);
            }
            for (IpPrefix route : node.advertisedRoutes()) {
                if (!route.isAll() && route.contains(address) && !approved.contains(route)) {
                    waiting = "; " + node.givenName() + " advertises " + route + ", which is not approved";
                }
            }
        }
        // the client takes the most specific route that it was given
        routers.sort(
                Comparator.comparing((Candidate candidate) -> -candidate.route().bits()));
        for (Candidate candidate : routers) {
            if (sender != null && serves(sender, candidate)) {
                return new Path(
                        List.of(candidate.router()),
                        true,
                        "through " + candidate.router().givenName() + ", which serves " + candidate.route());
            }
        }
        if (!routers.isEmpty()) {
            Candidate elected = routers.stream()
                    .filter(candidate -> candidate.router().id().equals(primary(candidate.route())))
                    .findFirst()
                    .orElse(routers.getFirst());
            String route = elected.route() + " of " + elected.router().givenName();
            return new Path(
                    List.of(elected.router()),
                    sender == null,
                    sender == null ? "through " + route : "the source is not given the route " + route);
        }
        if (AddressSet.INTERNET.contains(address) && !exits.isEmpty()) {
            return throughExits(sender, exits);
        }
        VipService service = serviceAt(address);
        return new Path(
                List.of(),
                false,
                service == null
                        ? "no node has " + address + ", and no approved route contains it" + waiting
                        : address + " is the service " + service.name() + ", which no node serves" + offers(service));
    }

    private @Nullable VipService serviceAt(IpAddress address) {
        return VipService.KIND.all(image).values().stream()
                .filter(service -> service.parsedAddresses().contains(address))
                .findFirst()
                .orElse(null);
    }

    /** Why those who offer a service do not serve it. */
    private String offers(VipService service) {
        StringBuilder text = new StringBuilder();
        for (Node node : image.nodes().values()) {
            for (OfferedService offer : node.offeredServices()) {
                if (offer.name().equals(service.name()) && !offer.isServed()) {
                    text.append("; ")
                            .append(node.givenName())
                            .append(" offers it, which ")
                            .append(
                                    !node.isTagged()
                                            ? "only nodes with tags may"
                                            : offer.approval() == OfferedService.Approval.NONE
                                                    ? "is not approved"
                                                    : "lacks ports of " + service.ports());
                }
            }
        }
        return text.toString();
    }

    private Path throughExits(@Nullable Node sender, List<Node> exits) {
        List<Node> offered = exits.stream()
                .filter(exit -> sender != null
                        && !exit.id().equals(sender.id())
                        && policy.sees(policy.classOf(sender), policy.classOf(exit))
                        && policy.routesOf(policy.classOf(sender), exit).hasExit())
                .toList();
        List<Node> gates = offered.isEmpty() ? exits : offered;
        String names =
                String.join(", ", gates.stream().limit(3).map(Node::givenName).toList());
        return new Path(
                gates,
                !offered.isEmpty() || sender == null,
                (offered.isEmpty() && sender != null ? "the source is offered no exit node, such as " : "exit node ")
                        + names
                        + (gates.size() > 3 ? " and " + (gates.size() - 3) + " more" : ""));
    }

    private boolean serves(Node sender, Candidate candidate) {
        return !sender.id().equals(candidate.router().id())
                && policy.sees(policy.classOf(sender), policy.classOf(candidate.router()))
                && policy.routesOf(policy.classOf(sender), candidate.router())
                        .allowed()
                        .contains(candidate.route());
    }

    private @Nullable NodeId primary(IpPrefix route) {
        return image.primaries().get(route);
    }
}
