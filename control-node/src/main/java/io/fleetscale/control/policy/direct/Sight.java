package io.fleetscale.control.policy.direct;

import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Who sees whom, and which routes of a peer a viewer gets. Source: policy 4. */
final class Sight {
    private final List<Grant> grants;
    private final Aliases aliases;
    private final Facts facts;
    private final PolicyEnvironment environment;
    private final Map<NodeId, List<Draft>> access = new HashMap<>();

    Sight(List<Grant> grants, Aliases aliases, RuleList rules, Facts facts, PolicyEnvironment environment) {
        this.grants = grants;
        this.aliases = aliases;
        this.facts = facts;
        this.environment = environment;
        facts.nodes().forEach(node -> access.put(node.id(), rules.accessTo(node)));
    }

    private static boolean leadsTo(Draft rule, IpPrefix route) {
        return rule.destinations().stream().anyMatch(to -> Reach.overlaps(to.address(), route));
    }

    private static boolean leadsToInternet(Draft rule) {
        return rule.destinations().stream()
                .anyMatch(to -> to.address().equals("*") || Reach.INTERNET.contains(to.address()));
    }

    boolean sees(Node viewer, Node peer) {
        return !viewer.id().equals(peer.id()) && (reaches(viewer, peer) || reaches(peer, viewer));
    }

    private boolean reaches(Node from, Node to) {
        return rulesOf(to).stream().anyMatch(rule -> rule.sources().meets(from))
                || grants.stream().anyMatch(grant -> reachesVia(grant, from, to));
    }

    private boolean reachesVia(Grant grant, Node from, Node to) {
        return carriesVia(grant, to)
                && isFrom(grant, from)
                && grant.plainDestinations().stream()
                        .anyMatch(alias -> !Aliases.routedBy(alias, to).isEmpty());
    }

    /** The subnet routes of {@code peer} that the viewer gets from it, and its default routes. */
    PeerRoutes routes(Node viewer, Node peer) {
        List<IpPrefix> primary = Facts.subnetRoutes(peer).stream()
                .filter(route -> isOwner(viewer, route, peer) && hasAccess(viewer, peer, route))
                .toList();
        TreeSet<IpPrefix> allowed = new TreeSet<>(primary);
        Facts.services(peer).stream()
                .filter(address -> hasService(viewer, peer, address))
                .forEach(allowed::add);
        if (mayExit(viewer, peer)) {
            allowed.addAll(Facts.exitRoutes(peer));
        }
        return PeerRoutes.of(primary, new ArrayList<>(allowed));
    }

    /** Whether the viewer uses the service at the peer: the elected host, unless the viewer serves it itself. Source: policy 9.4. */
    private boolean hasService(Node viewer, Node peer, IpPrefix address) {
        return peer.id().equals(facts.image().primaries().get(address))
                && !Facts.services(viewer).contains(address)
                && rulesOf(peer).stream().anyMatch(rule -> rule.sources().meets(viewer) && leadsTo(rule, address));
    }

    private boolean hasAccess(Node viewer, Node peer, IpPrefix route) {
        return rulesOf(peer).stream().anyMatch(rule -> rule.sources().meets(viewer) && leadsTo(rule, route))
                || grants.stream().anyMatch(grant -> carriesVia(grant, peer) && steers(grant, viewer, route))
                || rulesOf(viewer).stream().anyMatch(rule -> rule.sources().meetsRoute(route))
                || Facts.subnetRoutes(viewer).contains(route);
    }

    /** Whether the viewer uses {@code route} at {@code peer}: the elected router, or the one that a via grant picks. Source: policy 4.3. */
    private boolean isOwner(Node viewer, IpPrefix route, Node peer) {
        List<Grant> steering =
                grants.stream().filter(grant -> steers(grant, viewer, route)).toList();
        boolean plainAccess = grants.stream()
                .anyMatch(grant -> grant.via().isEmpty()
                        && isFrom(grant, viewer)
                        && grant.plainDestinations().stream()
                                .filter(alias -> !(alias instanceof Alias.Internet))
                                .flatMap(alias -> aliases.destinations(alias).stream())
                                .anyMatch(text -> Reach.overlaps(text, route)));
        if (steering.isEmpty() || plainAccess) {
            return peer.id().equals(facts.image().primaries().get(route));
        }
        List<Node> routers = facts.nodes().stream()
                .filter(node -> Facts.subnetRoutes(node).contains(route))
                .filter(node -> steering.stream().anyMatch(grant -> carriesVia(grant, node)))
                .toList();
        Optional<Node> chosen = first(routers, RouterState.SERVING).or(() -> first(routers, RouterState.DOUBTFUL));
        return chosen.isPresent() && chosen.get().id().equals(peer.id());
    }

    private Optional<Node> first(List<Node> routers, RouterState state) {
        return routers.stream()
                .filter(node -> environment.routerState(facts.image(), node.id()) == state)
                .findFirst();
    }

    private boolean mayExit(Node viewer, Node peer) {
        List<Grant> steering = grants.stream()
                .filter(grant -> !grant.via().isEmpty()
                        && isFrom(grant, viewer)
                        && grant.plainDestinations().stream().anyMatch(Alias.Internet.class::isInstance))
                .toList();
        boolean steeredElsewhere = !steering.isEmpty() && steering.stream().noneMatch(grant -> carriesVia(grant, peer));
        return !steeredElsewhere
                && rulesOf(peer).stream().anyMatch(rule -> rule.sources().meets(viewer) && leadsToInternet(rule));
    }

    /** Whether a via grant decides for the viewer which router serves {@code route}. */
    private boolean steers(Grant grant, Node viewer, IpPrefix route) {
        return !grant.via().isEmpty()
                && isFrom(grant, viewer)
                && grant.plainDestinations().stream()
                        .filter(Alias.Literal.class::isInstance)
                        .flatMap(alias -> aliases.destinations(alias).stream())
                        .anyMatch(text -> Reach.overlaps(text, route));
    }

    private static boolean carriesVia(Grant grant, Node node) {
        return node.tags().stream().anyMatch(grant.via()::contains);
    }

    private boolean isFrom(Grant grant, Node node) {
        return !grant.sources().isEmpty() && aliases.sources(grant).meets(node);
    }

    private List<Draft> rulesOf(Node node) {
        return access.getOrDefault(node.id(), List.of());
    }
}
