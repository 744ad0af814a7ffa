package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.language.AddressRange;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.test.Population;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Whom a text of a question means. Of nodes that the policy treats alike the first stands for all. */
final class Parties {
    private static final Set<String> ROLES =
            Set.of("owner", "admin", "network-admin", "it-admin", "billing-admin", "auditor");

    private final PolicyDocument document;
    private final TailnetImage image;
    private final CompiledPolicy policy;
    private final Population population;

    Parties(PolicyDocument document, TailnetImage image, CompiledPolicy policy, Population population) {
        this.document = document;
        this.image = image;
        this.policy = policy;
        this.population = population;
    }

    /** @throws QuestionException if it means nothing, saying what it could mean */
    List<Party> of(String text) throws QuestionException {
        Node node = node(text);
        if (node != null) {
            return List.of(party(node, node.addresses()));
        }
        IpAddress address = address(text);
        if (address != null) {
            Node owner = image.nodeByAddress(address);
            return List.of(owner == null ? ofAddress(address) : party(owner, List.of(address)));
        }
        if (text.startsWith(VipService.PREFIX)) {
            return List.of(service(text));
        }
        String instead = instead(text);
        if (instead != null) {
            throw new QuestionException("\"" + text + "\" " + instead);
        }
        Alias alias = alias(text);
        if (alias instanceof Alias.Literal literal) {
            return ofLiteral(literal);
        }
        List<Node> nodes = alias == null ? List.of() : population.nodes(alias);
        if (nodes.isEmpty()) {
            throw new QuestionException(
                    alias == null
                            ? "\"" + text
                                    + "\" is neither the name, number or address of a node nor a user, group, tag, "
                                    + "autogroup or host of the policy"
                            : "\"" + text + "\" denotes no node");
        }
        return representatives(nodes);
    }

    private Party service(String name) throws QuestionException {
        VipService service = VipService.KIND.find(image, name);
        if (service == null) {
            throw new QuestionException("there is no service " + name);
        }
        return Party.of(service, service.parsedAddresses());
    }

    private Party ofAddress(IpAddress address) {
        return VipService.KIND.all(image).values().stream()
                .filter(service -> service.parsedAddresses().contains(address))
                .findFirst()
                .map(service -> Party.of(service, List.of(address)))
                .orElseGet(() -> Party.of(address));
    }

    /** What to ask for instead of a word that is no single party; null: it may be one. */
    private @Nullable String instead(String text) {
        return switch (text) {
            case "*", "autogroup:danger-all" -> "means everything: name a node, an address, a user, a group or a tag";
            case "autogroup:self" -> "means the source's own nodes: name one of them";
            case "autogroup:internet" -> "means the internet: name an address there, such as 203.0.113.9";
            case "autogroup:shared" -> "means nodes of other tailnets, and there are none";
            default ->
                text.startsWith("group:")
                                && text.indexOf('@') < 0
                                && !document.groups().containsKey(text)
                        ? "is no group of the policy"
                        : isPrefix(text) ? "is more than one address: name one of them" : null;
        };
    }

    private static boolean isPrefix(String text) {
        try {
            return text.indexOf('/') > 0 && IpPrefix.parse(text).bits() >= 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private Party party(Node node, List<IpAddress> addresses) {
        return Party.of(
                image, node, addresses, policy.membersOf(policy.classOf(node)).size());
    }

    private List<Party> representatives(List<Node> nodes) {
        Map<ClassId, List<Node>> classes = new LinkedHashMap<>();
        nodes.forEach(node -> classes.computeIfAbsent(policy.classOf(node), absent -> new ArrayList<>())
                .add(node));
        return classes.values().stream()
                .map(alike -> Party.of(image, alike.getFirst(), alike.getFirst().addresses(), alike.size()))
                .toList();
    }

    private static List<Party> ofLiteral(Alias.Literal literal) throws QuestionException {
        if (!literal.isSingle()) {
            throw new QuestionException("\"" + literal.text() + "\" is more than one address: name one of "
                    + String.join(", ", literal.printed()));
        }
        return List.of(Party.of(AddressRange.parse(literal.printed().getFirst()).first()));
    }

    /** By number, by name, or by name with a domain. */
    private @Nullable Node node(String text) {
        if (text.matches("[0-9]{1,18}")) {
            return image.node(new NodeId(Long.parseLong(text)));
        }
        String name = text.toLowerCase(Locale.ROOT);
        Node named = image.nodeByName(name);
        int dot = name.indexOf('.');
        return named != null || dot < 0 || address(text) != null ? named : image.nodeByName(name.substring(0, dot));
    }

    private static @Nullable IpAddress address(String text) {
        try {
            return IpAddress.parse(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private @Nullable Alias alias(String text) {
        if (text.startsWith("autogroup:")) {
            String name = text.substring("autogroup:".length());
            return switch (name) {
                case "member", "members" -> new Alias.Members(text);
                case "tagged" -> new Alias.Tagged(text);
                case "admin" -> new Alias.Roles(text, Set.of("owner", "admin"));
                default -> ROLES.contains(name) ? new Alias.Roles(text, Set.of(name)) : null;
            };
        }
        if (text.startsWith("group:")) {
            Alias.Group group = document.groups().get(text);
            return group != null ? group : text.indexOf('@') > 0 ? new Alias.Group(text, List.of()) : null;
        }
        if (text.startsWith("tag:")) {
            return new Alias.Tag(text);
        }
        if (text.startsWith("user:*@")) {
            return new Alias.Domain(text, text.substring("user:*@".length()));
        }
        if (text.indexOf('@') >= 0 && text.indexOf(':') < 0) {
            return new Alias.Login(text);
        }
        return literals()
                .filter(literal -> literal.text().equals(text))
                .findFirst()
                .orElse(null);
    }

    private Stream<Alias> literals() {
        return Stream.concat(
                        document.grants().stream()
                                .flatMap(grant ->
                                        Stream.concat(grant.sources().stream(), grant.destinations().stream())),
                        document.acls().stream()
                                .flatMap(acl -> Stream.concat(
                                        acl.sources().stream(),
                                        acl.destinations().stream().map(PolicyDocument.Destination::alias))))
                .filter(Alias.Literal.class::isInstance);
    }
}
