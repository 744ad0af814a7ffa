package io.fleetscale.control.policy.test;

import io.fleetscale.control.policy.SharedLogins;
import io.fleetscale.control.policy.language.AddressSet;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.Posture;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.vipservice.VipService;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/** Which nodes the words of a policy denote. Answers are kept; not thread-safe. Source: policy 2.4. */
public final class Population {
    private final TailnetImage image;
    private final Set<String> domains;
    private final SharedLogins shared;
    private final Function<Node, Map<String, Object>> attributes;
    private final Map<String, List<Node>> byAlias = new HashMap<>();
    private final Map<Posture, Set<Node>> holders = new HashMap<>();

    /**
     * @param domains the tailnet's own
     * @param attributes that postures compare
     */
    public Population(TailnetImage image, Set<String> domains, Function<Node, Map<String, Object>> attributes) {
        this.image = image;
        this.domains = Set.copyOf(domains);
        this.shared = SharedLogins.of(image);
        this.attributes = attributes;
    }

    public TailnetImage image() {
        return image;
    }

    /** The nodes of an alias that denotes them by who they are; none for other aliases. By number. */
    public List<Node> nodes(Alias alias) {
        return byAlias.computeIfAbsent(alias.text(), absent -> find(alias));
    }

    /** The addresses of a service; none if there is no such service. */
    public AddressSet addressesOf(Alias.Service alias) {
        VipService service = VipService.KIND.find(image, alias.text());
        return service == null ? AddressSet.EMPTY : AddressSet.ofAddresses(service.parsedAddresses());
    }

    private List<Node> find(Alias alias) {
        return switch (alias) {
            case Alias.Tag(String tag) -> where(node -> node.tags().contains(tag));
            case Alias.Tagged ignored -> where(Node::isTagged);
            case Alias.Members ignored -> where(node -> !node.isTagged());
            case Alias.Login ignored -> ofOwners(alias);
            case Alias.Domain ignored -> ofOwners(alias);
            case Alias.Group ignored -> ofOwners(alias);
            case Alias.Roles ignored -> ofOwners(alias);
            default -> List.of();
        };
    }

    private List<Node> ofOwners(Alias alias) {
        Set<UserId> owners = new HashSet<>();
        for (User user : image.users().values()) {
            if (denotes(alias, user)) {
                owners.add(user.id());
            }
        }
        return where(node -> !node.isTagged() && node.userId() != null && owners.contains(node.userId()));
    }

    private List<Node> where(Predicate<Node> wanted) {
        List<Node> found = new ArrayList<>();
        for (Node node : image.nodes().values()) {
            if (wanted.test(node)) {
                found.add(node);
            }
        }
        return found;
    }

    /** Whether an alias that denotes nodes by who they are means this one. */
    public boolean denotes(Alias alias, Node node) {
        if (alias instanceof Alias.Tag(String tag)) {
            return node.tags().contains(tag);
        }
        if (alias instanceof Alias.Tagged || node.isTagged()) {
            return alias instanceof Alias.Tagged && node.isTagged();
        }
        UserId owner = node.userId();
        User user = owner == null ? null : image.user(owner);
        return alias instanceof Alias.Members || user != null && denotes(alias, user);
    }

    /** Whether an alias that denotes users means this one. */
    public boolean denotes(Alias alias, User user) {
        return switch (alias) {
            case Alias.Login(String login) -> means(login, user);
            case Alias.Domain domain -> domains.contains(domain.domain()) && isOfDomain(user, domain.domain());
            case Alias.Group group ->
                group.isSynced()
                        ? user.groups().stream().anyMatch(group.name()::equalsIgnoreCase)
                        : group.logins().stream().anyMatch(login -> means(login, user));
            case Alias.Roles roles -> roles.roles().contains(user.role().text());
            case Alias.Members ignored -> true;
            default -> false;
        };
    }

    private boolean means(String login, User user) {
        return isLogin(login, user) && !shared.has(login);
    }

    private static boolean isLogin(String login, User user) {
        return !user.email().isEmpty() && login.equalsIgnoreCase(user.email())
                || !user.name().isEmpty()
                        && (login.equalsIgnoreCase(user.name()) || login.equalsIgnoreCase(user.name() + "@"))
                || !user.providerId().isEmpty() && login.equals(user.providerId());
    }

    private static boolean isOfDomain(User user, String domain) {
        String login = user.policyLogin();
        int at = login.lastIndexOf('@');
        return at >= 0 && login.substring(at + 1).equalsIgnoreCase(domain);
    }

    /** Whether one of the postures holds on the node; without postures there is no condition. */
    public boolean fulfils(Node node, List<Posture> postures) {
        return postures.isEmpty()
                || postures.stream().anyMatch(posture -> holders(posture).contains(node));
    }

    private Set<Node> holders(Posture posture) {
        return holders.computeIfAbsent(
                posture, absent -> new HashSet<>(where(node -> posture.holds(attributes.apply(node)))));
    }
}
