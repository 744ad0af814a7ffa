package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.policy.language.AddressRange;
import io.fleetscale.control.policy.language.AddressSet;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PortRange;
import io.fleetscale.control.policy.test.Population;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.ip.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Which rules of a candidate policy concern a user or an address. Confined to one call. Source: tailscale-api-v2 8.6. */
final class RulePreview {
    private final PolicyDocument document;
    private final TailnetImage image;
    private final Population population;

    RulePreview(PolicyDocument document, TailnetImage image, PolicyEnvironment environment) {
        this.document = document;
        this.image = image;
        this.population =
                new Population(image, environment.domains(image), node -> environment.deviceAttributes(image, node));
    }

    /** A rule: its sources and destinations as the policy words them. */
    record Match(List<String> users, List<String> ports, int line) {
        Match {
            users = List.copyOf(users);
            ports = List.copyOf(ports);
        }
    }

    /** The rules with the user, or a tag, among their sources. */
    List<Match> ofUser(String login) {
        User user = image.users().values().stream()
                .filter(known ->
                        login.equalsIgnoreCase(known.policyLogin()) || login.equalsIgnoreCase(known.loginName()))
                .findFirst()
                .orElse(null);
        Predicate<Alias> concerned = alias -> alias instanceof Alias.Any
                || alias instanceof Alias.DangerAll
                || alias.text().equalsIgnoreCase(login)
                || user != null && population.denotes(alias, user);
        return matches((sources, unused) -> sources.stream().anyMatch(concerned));
    }

    /** The rules with {@code address:port} among their destinations. */
    List<Match> ofAddress(String target) {
        int colon = target.lastIndexOf(':');
        IpAddress address;
        int port;
        try {
            String host = colon < 0 ? target : target.substring(0, colon);
            address = IpAddress.parse(
                    host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host);
            port = Integer.parseInt(target.substring(colon + 1));
        } catch (IllegalArgumentException e) {
            throw ApiFailure.badRequest(
                    "previewFor \"" + target + "\": must be an address and a port, like 100.64.0.1:22");
        }
        return matches((unused, destinations) -> destinations.stream()
                .anyMatch(to -> to.ports().stream().anyMatch(range -> range.first() <= port && port <= range.last())
                        && concerns(to.alias(), address)));
    }

    private boolean concerns(Alias alias, IpAddress address) {
        return switch (alias) {
            case Alias.Any ignored -> true;
            case Alias.Literal literal ->
                AddressSet.of(literal.printed().stream()
                                .map(AddressRange::parse)
                                .toList())
                        .contains(address);
            case Alias.Internet ignored -> AddressSet.INTERNET.contains(address);
            case Alias.Self ignored -> image.nodeByAddress(address) != null;
            default -> {
                Node node = image.nodeByAddress(address);
                yield node != null && population.nodes(alias).contains(node);
            }
        };
    }

    private List<Match> matches(BiPredicate<List<Alias>, List<PolicyDocument.Destination>> wanted) {
        List<Match> matches = new ArrayList<>();
        for (PolicyDocument.Acl acl : document.acls()) {
            if (wanted.test(acl.sources(), acl.destinations())) {
                matches.add(new Match(
                        texts(acl.sources()),
                        acl.destinations().stream().flatMap(RulePreview::texts).toList(),
                        acl.line()));
            }
        }
        for (PolicyDocument.Grant grant : document.grants()) {
            List<PortRange> ports =
                    grant.ip().stream().map(PolicyDocument.Traffic::ports).toList();
            List<PolicyDocument.Destination> destinations = grant.destinations().stream()
                    .map(alias -> new PolicyDocument.Destination(alias, ports))
                    .toList();
            if (wanted.test(grant.sources(), destinations)) {
                matches.add(new Match(
                        texts(grant.sources()),
                        destinations.stream().flatMap(RulePreview::texts).toList(),
                        grant.line()));
            }
        }
        return matches;
    }

    private static List<String> texts(List<Alias> aliases) {
        return aliases.stream().map(Alias::text).toList();
    }

    private static Stream<String> texts(PolicyDocument.Destination destination) {
        return destination.ports().stream().map(range -> destination.alias().text() + ":" + text(range));
    }

    private static String text(PortRange range) {
        if (range.first() == 0 && range.last() == 65535) {
            return "*";
        }
        return range.first() == range.last() ? Integer.toString(range.first()) : range.first() + "-" + range.last();
    }
}
