package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Understands the aliases of a policy. The policy must be valid. Source: policy 2, 9.2. */
final class Words {
    private static final Pattern ADDRESS = Pattern.compile("[0-9a-fA-F:.]*[.:][0-9a-fA-F:.]*(/[0-9]+)?");

    private final JsonNode policy;
    private final Facts facts;
    private final Set<String> domains;
    private final Map<String, VipService> services;

    /**
     * @param domains of the tailnet itself
     * @param services of the tailnet, by name
     */
    Words(JsonNode policy, Facts facts, Set<String> domains, Map<String, VipService> services) {
        this.policy = policy;
        this.facts = facts;
        this.domains = Set.copyOf(domains);
        this.services = Map.copyOf(services);
    }

    static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(element.asString().strip()));
        return texts;
    }

    List<Alias> aliases(List<String> words) {
        return words.stream().map(this::alias).toList();
    }

    /** The addresses of the nodes with one of the tags. */
    List<IpAddress> addressesOf(List<String> tags) {
        return Facts.addresses(facts.nodes().stream()
                .filter(node -> node.tags().stream().anyMatch(tags::contains))
                .toList());
    }

    Alias alias(String word) {
        if (ADDRESS.matcher(word).matches()) {
            return new Alias.Literal(List.of(printed(word)));
        }
        if (word.startsWith("ipset:")) {
            return new Alias.Literal(new IpSets(policy).texts(word));
        }
        if (word.startsWith("svc:")) {
            VipService service = services.get(word);
            return new Alias.Literal(service == null ? List.of() : service.addrs());
        }
        return switch (word) {
            case "*" -> new Alias.Everything();
            case "autogroup:danger-all" -> new Alias.DangerAll();
            case "autogroup:internet" -> new Alias.Internet();
            default ->
                isHost(word)
                        ? new Alias.Literal(List.of(printed(
                                policy.path("hosts").path(word).asString().strip())))
                        : new Alias.Identity(nodes(word));
        };
    }

    private boolean isHost(String word) {
        return !word.contains("@")
                && !word.contains(":")
                && policy.path("hosts").has(word);
    }

    /** An address or prefix in the form in which rules show it: prefixes of one address without their length. */
    static String printed(String text) {
        if (!text.contains("/")) {
            return IpAddress.parse(text).toString();
        }
        IpPrefix prefix = IpPrefix.parse(text).masked();
        return prefix.isSingle() ? prefix.address().toString() : prefix.toString();
    }

    private Predicate<Node> nodes(String word) {
        if (word.startsWith("tag:")) {
            return node -> node.tags().contains(word);
        }
        if (word.equals("autogroup:tagged")) {
            return Node::isTagged;
        }
        return node -> {
            User owner = facts.owner(node);
            return owner != null && means(word, owner);
        };
    }

    /** Whether a word that denotes users means this one. */
    boolean means(String word, User user) {
        String login = Facts.login(user);
        if (word.startsWith("group:")) {
            List<String> members = texts(policy.path("groups").path(word));
            return members.stream().anyMatch(member -> means(member, user))
                    || members.isEmpty()
                            && word.contains("@")
                            && user.groups().stream().anyMatch(word.substring("group:".length())::equalsIgnoreCase);
        }
        if (word.startsWith("user:*@")) {
            String domain = word.substring("user:*@".length());
            return domains.contains(domain)
                    && login.substring(login.lastIndexOf('@') + 1).equalsIgnoreCase(domain);
        }
        return switch (word) {
            case "autogroup:member", "autogroup:members" -> true;
            case "autogroup:admin" -> user.role() == Role.ADMIN || user.role() == Role.OWNER;
            default ->
                word.startsWith("autogroup:")
                        ? word.substring("autogroup:".length())
                                .equals(user.role().text())
                        : isNamed(word, user)
                                && facts.image().users().values().stream()
                                                .filter(other -> isNamed(word, other))
                                                .count()
                                        == 1;
        };
    }

    private static boolean isNamed(String word, User user) {
        return word.equalsIgnoreCase(Facts.login(user))
                || word.equalsIgnoreCase(user.name())
                || word.equalsIgnoreCase(user.name() + "@")
                || word.equals(user.providerId());
    }

    /** Whether one of the words of {@code autoApprovers} means the node. */
    boolean approves(List<String> approvers, Node node) {
        return approvers.stream().anyMatch(word -> nodes(word).test(node));
    }
}
