package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.language.AddressRange;
import io.fleetscale.control.policy.language.AddressSet;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.Posture;
import io.fleetscale.control.policy.language.PostureAssertion;
import io.fleetscale.control.policy.test.Population;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What an entry of the policy lacks to let one flow through. Not thread-safe. Source: policy 2, 3.7-3.11, 9.1. */
final class Judge {
    private final TailnetImage image;
    private final Population population;
    private final Function<Node, Map<String, Object>> attributes;
    private final Map<Alias.Literal, AddressSet> literals = new HashMap<>();
    private @Nullable AddressSet routes;

    Judge(TailnetImage image, Population population, Function<Node, Map<String, Object>> attributes) {
        this.image = image;
        this.population = population;
        this.attributes = attributes;
    }

    /**
     * Traffic from one address to another.
     *
     * @param sender null: the source is no node
     * @param gate the node whose packet filter decides
     * @param port null: any
     */
    record Flow(
            Party source,
            @Nullable Node sender,
            IpAddress from,
            Party destination,
            Node gate,
            IpAddress to,
            int protocol,
            @Nullable Integer port) {
        /** Whether the gate itself is addressed, not what lies behind it. */
        boolean isToGate() {
            return gate.addresses().contains(to);
        }
    }

    /** In the order source, condition, destination, router, traffic; empty: the entry applies. */
    List<String> lacks(Entry entry, Flow flow) {
        List<String> lacks = new ArrayList<>();
        List<Alias> named = entry.sources().stream()
                .filter(alias -> isSource(alias, flow.sender(), flow.from()))
                .toList();
        if (named.isEmpty()) {
            lacks.add("its sources " + Entry.words(entry.sources()) + " do not include "
                    + flow.source().text());
        } else if (!entry.postures().isEmpty()
                && named.stream().noneMatch(alias -> passes(alias, entry.postures(), flow))) {
            lacks.add(failing(entry.postures(), flow));
        }
        List<Entry.Target> targets = entry.targets().stream()
                .filter(target -> isDestination(entry, target.alias(), flow))
                .toList();
        if (targets.isEmpty()) {
            lacks.add("its destinations "
                    + Entry.words(
                            entry.targets().stream().map(Entry.Target::alias).toList())
                    + " do not include " + flow.destination().text());
        }
        if (!entry.via().isEmpty()
                && entry.via().stream().noneMatch(tag -> flow.gate().tags().contains(tag.text()))) {
            lacks.add("it leads only through routers with " + Entry.words(entry.via()) + ", and "
                    + flow.gate().givenName() + " has "
                    + (flow.gate().isTagged() ? String.join(" ", flow.gate().tags()) : "no tags"));
        }
        List<PolicyDocument.Traffic> traffic = (targets.isEmpty() ? entry.targets() : targets)
                .stream().flatMap(target -> target.traffic().stream()).toList();
        if (traffic.isEmpty() && !entry.app().isEmpty()) {
            lacks.add("it grants capabilities only, no traffic");
        } else if (!Traffics.lets(traffic, flow.protocol(), flow.port())) {
            lacks.add("it lets " + Traffics.text(traffic) + " through, not "
                    + Traffics.text(flow.protocol(), flow.port()));
        }
        return lacks;
    }

    private boolean isSource(Alias alias, @Nullable Node sender, IpAddress from) {
        return switch (alias) {
            case Alias.Any any -> sender != null || AddressSet.TAILNET.contains(from) || routes().contains(from);
            case Alias.DangerAll all -> true;
            case Alias.Literal literal -> of(literal).contains(from);
            default -> sender != null && population.denotes(alias, sender);
        };
    }

    /** What is no node of the tailnet is exempt from conditions. */
    private boolean passes(Alias alias, List<Posture> postures, Flow flow) {
        Node sender = flow.sender();
        if (sender != null && holds(sender, postures)) {
            return true;
        }
        return alias instanceof Alias.Any
                ? routes().contains(flow.from())
                : (alias instanceof Alias.Literal || alias instanceof Alias.DangerAll)
                        && !AddressSet.TAILNET.contains(flow.from());
    }

    private boolean holds(Node node, List<Posture> postures) {
        Map<String, Object> known = attributes.apply(node);
        return postures.stream().anyMatch(posture -> posture.holds(known));
    }

    private String failing(List<Posture> postures, Flow flow) {
        Node sender = flow.sender();
        if (sender == null) {
            return "it has a condition (" + names(postures) + ") that only nodes can fulfil";
        }
        Map<String, Object> known = attributes.apply(sender);
        String details = postures.stream()
                .flatMap(posture -> posture.assertions().stream())
                .filter(assertion -> !assertion.holds(known))
                .map(assertion -> assertion.text() + " (" + value(assertion, known) + ")")
                .distinct()
                .collect(Collectors.joining("; "));
        return "its condition " + names(postures) + " does not hold at " + sender.givenName() + ": " + details;
    }

    private static String names(List<Posture> postures) {
        return postures.stream().map(Posture::name).collect(Collectors.joining(" or "));
    }

    private static String value(PostureAssertion assertion, Map<String, Object> known) {
        Object value = known.get(assertion.attribute());
        return value == null ? "not set" : "is " + value;
    }

    private boolean isDestination(Entry entry, Alias alias, Flow flow) {
        Node gate = flow.gate();
        if (!entry.via().isEmpty()) {
            return switch (alias) {
                case Alias.Literal literal -> of(literal).contains(flow.to()) && meetsRoute(literal, gate);
                case Alias.Internet internet -> isInternet(flow.to()) && isExit(gate);
                default -> false;
            };
        }
        return switch (alias) {
            case Alias.Any any -> true;
            case Alias.DangerAll all -> true;
            case Alias.Internet internet -> isInternet(flow.to()) && isExit(gate);
            case Alias.Literal literal -> of(literal).contains(flow.to());
            case Alias.Service service -> population.addressesOf(service).contains(flow.to());
            case Alias.Self self -> flow.isToGate() && isOwn(flow.sender(), gate);
            default -> flow.isToGate() && population.denotes(alias, gate);
        };
    }

    /** Whether two nodes are of one user. */
    static boolean isOwn(@Nullable Node one, Node other) {
        return one != null
                && !one.isTagged()
                && !other.isTagged()
                && one.userId() != null
                && one.userId().equals(other.userId());
    }

    private static boolean isInternet(IpAddress address) {
        return AddressSet.INTERNET.contains(address);
    }

    static boolean isExit(Node node) {
        return approved(node).stream().anyMatch(IpPrefix::isAll);
    }

    static List<IpPrefix> approved(Node node) {
        return node.approvedRoutes().stream()
                .filter(node.advertisedRoutes()::contains)
                .toList();
    }

    private boolean meetsRoute(Alias.Literal literal, Node gate) {
        return approved(gate).stream()
                .anyMatch(route -> !route.isAll() && of(literal).overlaps(AddressSet.of(AddressRange.of(route))));
    }

    private AddressSet of(Alias.Literal literal) {
        return literals.computeIfAbsent(
                literal,
                absent -> AddressSet.of(
                        literal.printed().stream().map(AddressRange::parse).toList()));
    }

    private AddressSet routes() {
        AddressSet known = routes;
        if (known == null) {
            known = AddressSet.of(image.nodes().values().stream()
                    .flatMap(node -> approved(node).stream())
                    .filter(route -> !route.isAll())
                    .map(AddressRange::of)
                    .toList());
            routes = known;
        }
        return known;
    }
}
