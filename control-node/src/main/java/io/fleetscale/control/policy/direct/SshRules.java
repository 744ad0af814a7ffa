package io.fleetscale.control.policy.direct;

import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.ip.IpEndpoint;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** From the SSH entries of a policy to the rules of one node. Source: policy 5.2. */
final class SshRules {
    private static final String CHECK_PATH = "/machine/ssh/action/$SRC_NODE_ID/to/$DST_NODE_ID?local_user=$LOCAL_USER";
    private static final int RECORDER_PORT = 80;
    private static final SshPolicy.RecordingFailure ON_FAILURE = new SshPolicy.RecordingFailure(
            "session cannot be recorded and the policy requires it", "recording of the session broke off");

    private final List<Entry> entries;
    private final Facts facts;
    private final PolicyEnvironment environment;

    SshRules(List<Entry> entries, Facts facts, PolicyEnvironment environment) {
        this.entries = entries;
        this.facts = facts;
        this.environment = environment;
    }

    /**
     * An entry of {@code ssh}.
     *
     * @param users the words of the policy, trimmed
     */
    record Entry(
            boolean check,
            List<Alias> sources,
            List<Alias> plainDestinations,
            boolean hasSelf,
            List<String> users,
            List<String> acceptEnv,
            Condition condition,
            List<Alias> recorders,
            boolean enforceRecorder) {
        private static final String LOCAL_PART = "localpart:*@";
        private static final String NONROOT = "autogroup:nonroot";

        /** The domains of {@code localpart:*@domain}; other words that begin so are ordinary names. */
        List<String> localPartDomains() {
            return users.stream()
                    .filter(Entry::isLocalPart)
                    .map(word -> word.substring(LOCAL_PART.length()))
                    .toList();
        }

        private static boolean isLocalPart(String word) {
            return word.startsWith(LOCAL_PART) && word.length() > LOCAL_PART.length();
        }

        /** Requested to local name, for everybody. */
        SortedMap<String, String> baseUsers() {
            SortedMap<String, String> names = new TreeMap<>();
            names.put("root", "");
            for (String word : users) {
                if (word.equals(NONROOT)) {
                    names.put("*", "=");
                } else if (!isLocalPart(word)) {
                    names.put(word, word);
                }
            }
            return names;
        }

        /** The local part of a login whose domain is one of those of the entry. */
        Optional<String> localPartOf(String login) {
            int at = login.lastIndexOf('@');
            return at > 0
                            && localPartDomains().stream()
                                    .anyMatch(domain -> domain.equalsIgnoreCase(login.substring(at + 1)))
                    ? Optional.of(login.substring(0, at))
                    : Optional.empty();
        }
    }

    /** Check rules first, else in the order of the policy. */
    SshPolicy forNode(Node node) {
        List<SshPolicy.Rule> checks = new ArrayList<>();
        List<SshPolicy.Rule> accepts = new ArrayList<>();
        for (Entry entry : entries) {
            (entry.check() ? checks : accepts).addAll(rulesOf(entry, node));
        }
        checks.addAll(accepts);
        return checks.isEmpty() ? SshPolicy.NONE : new SshPolicy(checks);
    }

    private List<SshPolicy.Rule> rulesOf(Entry entry, Node node) {
        List<Node> sources = facts.nodes().stream()
                .filter(other -> Aliases.isSource(entry.sources(), entry.condition(), other))
                .toList();
        if (sources.isEmpty()) {
            return List.of();
        }
        List<SshPolicy.Rule> rules = new ArrayList<>();
        User owner = facts.owner(node);
        List<Node> sourcesOfOwner = owner == null ? List.of() : ownedBy(owner, sources);
        boolean self = entry.hasSelf() && !sourcesOfOwner.isEmpty();
        boolean destination = entry.plainDestinations().stream().anyMatch(alias -> Aliases.denotes(alias, node));
        if (owner != null && self) {
            rules.addAll(rulesOfUser(entry, owner, sourcesOfOwner));
        }
        if (destination) {
            rules.addAll(destinationRules(entry, sources));
        }
        if (!self && !destination && !entry.localPartDomains().isEmpty() && sources.contains(node)) {
            // Local parts make the sources hear of themselves. Source: policy 5.2, echo.
            rules.addAll(
                    owner != null
                            ? rulesOfUser(entry, owner, sourcesOfOwner)
                            : List.of(rule(entry, addresses(List.of(node)), entry.baseUsers())));
        }
        return rules;
    }

    private List<SshPolicy.Rule> destinationRules(Entry entry, List<Node> sources) {
        List<User> users = sources.stream()
                .map(facts::owner)
                .flatMap(Stream::ofNullable)
                .distinct()
                .sorted(Comparator.comparing(User::id))
                .toList();
        List<String> tagged = new ArrayList<>();
        for (Node node : sources) {
            // A node appears once for each of its tags. Source: policy 5.2, point 4.
            node.tags().forEach(tag -> tagged.addAll(addresses(List.of(node))));
        }
        if (entry.localPartDomains().isEmpty()) {
            List<String> all = new ArrayList<>(tagged);
            users.forEach(user -> all.addAll(addresses(ownedBy(user, sources))));
            return List.of(rule(entry, all, entry.baseUsers()));
        }
        List<SshPolicy.Rule> rules = new ArrayList<>();
        users.forEach(user -> rules.addAll(rulesOfUser(entry, user, ownedBy(user, sources))));
        if (!tagged.isEmpty()) {
            rules.add(rule(entry, tagged, entry.baseUsers()));
        }
        return rules;
    }

    private List<SshPolicy.Rule> rulesOfUser(Entry entry, User user, List<Node> nodes) {
        List<String> principals = addresses(nodes);
        List<SshPolicy.Rule> rules = new ArrayList<>();
        rules.add(rule(entry, principals, entry.baseUsers()));
        entry.localPartOf(Facts.login(user))
                .ifPresent(name -> rules.add(rule(entry, principals, new TreeMap<>(Map.of(name, name)))));
        return rules;
    }

    private SshPolicy.Rule rule(Entry entry, List<String> principals, SortedMap<String, String> users) {
        SshPolicy.Action action = entry.check()
                ? SshPolicy.Action.delegate(environment.serverUrl() + CHECK_PATH)
                : SshPolicy.Action.ACCEPT;
        List<IpEndpoint> recorders = facts.nodes().stream()
                .filter(node -> entry.recorders().stream().anyMatch(alias -> Aliases.denotes(alias, node)))
                .flatMap(node -> node.addresses().stream())
                .sorted()
                .map(address -> new IpEndpoint(address, RECORDER_PORT))
                .toList();
        return new SshPolicy.Rule(
                null,
                principals.stream()
                        .sorted()
                        .map(text -> new SshPolicy.Principal("", text, "", false))
                        .toList(),
                users,
                recorders.isEmpty() && !entry.enforceRecorder()
                        ? action
                        : action.withRecorders(recorders, entry.enforceRecorder() ? ON_FAILURE : null),
                entry.acceptEnv());
    }

    private List<Node> ownedBy(User user, List<Node> nodes) {
        return nodes.stream().filter(node -> user.equals(facts.owner(node))).toList();
    }

    private static List<String> addresses(List<Node> nodes) {
        return nodes.stream()
                .flatMap(node -> node.addresses().stream())
                .map(Object::toString)
                .toList();
    }
}
