package io.fleetscale.control.policy.engine;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpEndpoint;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rules that an SSH entry gives its destinations at one time, and those that concern one user; computed when they are first
 * needed. Thread-safe. Source: policy 5.2.
 */
final class SshSources {
    private static final int RECORDER_PORT = 80;

    private final SshEntry entry;
    private volatile @Nullable Rules rules;

    SshSources(SshEntry entry) {
        this.entry = entry;
    }

    /**
     * @param any whether there is a source at all
     * @param toDestinations in order
     * @param byUser rules about a user's sources only
     */
    record Rules(
            boolean any,
            List<SshPolicy.Rule> toDestinations,
            Map<Long, List<SshPolicy.Rule>> byUser,
            SshPolicy.Action action) {}

    /** @param policy one that holds this object */
    Rules rules(EnginePolicy policy) {
        Rules known = rules;
        if (known == null) {
            known = compute(policy);
            rules = known;
        }
        return known;
    }

    private Rules compute(EnginePolicy policy) {
        SortedMap<Long, List<NodeState>> users = new TreeMap<>();
        List<NodeState> tagged = new ArrayList<>();
        long[] classes = policy.holdersOf(entry.sources());
        Bits.forEach(classes, number -> {
            if (policy.classAt(number).fulfils(entry.postures())) {
                policy.forEachMember(number, node -> {
                    if (node.owner() != 0) {
                        users.computeIfAbsent(node.owner(), owner -> new ArrayList<>())
                                .add(node);
                    } else {
                        tagged.add(node);
                    }
                });
            }
        });
        SshPolicy.Action action = action(policy);
        if (users.isEmpty() && tagged.isEmpty()) {
            return new Rules(false, List.of(), Map.of(), action);
        }
        List<String> ofTagged = new ArrayList<>();
        for (NodeState node : tagged) {
            // A node appears once for each of its tags.
            for (int i = 0; i < node.node().tags().size(); i++) {
                addTexts(node, ofTagged);
            }
        }
        Map<Long, List<SshPolicy.Rule>> byUser = new TreeMap<>();
        boolean perUser = entry.self() || !entry.localDomains().isEmpty();
        if (perUser) {
            users.forEach((user, nodes) -> byUser.put(user, rulesOfUser(policy.loginOf(user), nodes, action)));
        }
        List<SshPolicy.Rule> all = new ArrayList<>();
        if (entry.localDomains().isEmpty()) {
            List<String> texts = new ArrayList<>(ofTagged);
            users.values().forEach(nodes -> nodes.forEach(node -> addTexts(node, texts)));
            all.add(rule(texts, entry.users(), action));
        } else {
            byUser.values().forEach(all::addAll);
            if (!ofTagged.isEmpty()) {
                all.add(rule(ofTagged, entry.users(), action));
            }
        }
        return new Rules(true, List.copyOf(all), byUser, action);
    }

    private List<SshPolicy.Rule> rulesOfUser(String login, List<NodeState> nodes, SshPolicy.Action action) {
        List<String> texts = new ArrayList<>();
        nodes.forEach(node -> addTexts(node, texts));
        SshPolicy.Rule base = rule(texts, entry.users(), action);
        String local = localPart(login);
        if (local == null) {
            return List.of(base);
        }
        SortedMap<String, String> name = new TreeMap<>(Map.of(local, local));
        return List.of(base, new SshPolicy.Rule(null, base.principals(), name, action, entry.acceptEnv()));
    }

    private @Nullable String localPart(String login) {
        int at = login.lastIndexOf('@');
        if (at <= 0) {
            return null;
        }
        String domain = login.substring(at + 1).toLowerCase(Locale.ROOT);
        return entry.localDomains().contains(domain) ? login.substring(0, at) : null;
    }

    /** The rule that a tagged source is told about itself. */
    SshPolicy.Rule echo(NodeState node, SshPolicy.Action action) {
        List<String> texts = new ArrayList<>();
        addTexts(node, texts);
        return rule(texts, entry.users(), action);
    }

    private SshPolicy.Rule rule(List<String> texts, SortedMap<String, String> users, SshPolicy.Action action) {
        texts.sort(Comparator.naturalOrder());
        List<SshPolicy.Principal> principals = texts.stream()
                .map(text -> new SshPolicy.Principal("", text, "", false))
                .toList();
        return new SshPolicy.Rule(null, principals, users, action, entry.acceptEnv());
    }

    private SshPolicy.Action action(EnginePolicy policy) {
        SshPolicy.Action action =
                entry.check() ? SshPolicy.Action.delegate(policy.checkUrl()) : SshPolicy.Action.ACCEPT;
        List<IpAddress> recorders = new ArrayList<>();
        Bits.forEach(
                policy.holdersOf(entry.recorders()),
                number -> policy.forEachMember(
                        number, node -> recorders.addAll(node.node().addresses())));
        if (recorders.isEmpty() && entry.onRecordingFailure() == null) {
            return action;
        }
        return action.withRecorders(
                recorders.stream()
                        .sorted()
                        .map(address -> new IpEndpoint(address, RECORDER_PORT))
                        .toList(),
                entry.onRecordingFailure());
    }

    private static void addTexts(NodeState node, List<String> texts) {
        for (int family : new int[] {NodeClass.IPV4, NodeClass.IPV6}) {
            String text = node.text(family);
            if (text != null) {
                texts.add(text);
            }
        }
    }

    SshEntry entry() {
        return entry;
    }
}
