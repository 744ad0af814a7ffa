package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.Posture;
import io.fleetscale.control.policy.test.Population;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Who may log in by SSH from one node to another, from the rules that the other is sent. Source: policy 5. */
final class SshExplainer {
    private final PolicyDocument document;
    private final CompiledPolicy policy;
    private final Population population;
    private final Function<Node, Map<String, Object>> attributes;

    SshExplainer(
            PolicyDocument document,
            CompiledPolicy policy,
            Population population,
            Function<Node, Map<String, Object>> attributes) {
        this.document = document;
        this.policy = policy;
        this.population = population;
        this.attributes = attributes;
    }

    Explanation.SshAnswer answer(Party source, Party destination, boolean portOpen) {
        Node from = source.node();
        Node to = destination.node();
        if (from == null || to == null) {
            throw new IllegalArgumentException("SSH is between nodes");
        }
        List<Explanation.Login> logins = logins(source, policy.sshOf(to));
        List<Explanation.Rule> rules = new ArrayList<>();
        List<Explanation.Rule> others = new ArrayList<>();
        for (int i = 0; i < document.ssh().size(); i++) {
            PolicyDocument.SshRule entry = document.ssh().get(i);
            List<String> lacks = lacks(entry, source, from, destination, to);
            (lacks.isEmpty() ? rules : others).add(new Explanation.Rule("ssh", i, entry.line(), text(entry), lacks));
        }
        others.sort(Comparator.comparingInt(rule -> rule.lacks().size()));
        return new Explanation.SshAnswer(
                logins,
                rules,
                logins.isEmpty() ? others.stream().limit(Explainer.NEAREST).toList() : List.of(),
                portOpen);
    }

    /** The first rule that names the login decides. */
    private static List<Explanation.Login> logins(Party source, SshPolicy rules) {
        Set<String> addresses = new HashSet<>();
        source.addresses().forEach(address -> addresses.add(address.toString()));
        Map<String, Explanation.Login> logins = new LinkedHashMap<>();
        for (SshPolicy.Rule rule : rules.rules()) {
            if (rule.principals().stream().anyMatch(principal -> addresses.contains(principal.nodeIp()))) {
                boolean check = !rule.action().holdAndDelegate().isEmpty();
                rule.users().forEach((requested, local) -> {
                    if (!local.isEmpty()) {
                        logins.putIfAbsent(requested, new Explanation.Login(requested, local, check));
                    }
                });
            }
        }
        return List.copyOf(logins.values());
    }

    private List<String> lacks(PolicyDocument.SshRule entry, Party source, Node from, Party destination, Node to) {
        List<String> lacks = new ArrayList<>();
        if (entry.sources().stream().noneMatch(alias -> population.denotes(alias, from))) {
            lacks.add("its sources " + Entry.words(entry.sources()) + " do not include " + source.text());
        } else if (!entry.postures().isEmpty()
                && entry.postures().stream().noneMatch(posture -> posture.holds(attributes.apply(from)))) {
            lacks.add("its condition "
                    + entry.postures().stream().map(Posture::name).collect(Collectors.joining(" or "))
                    + " does not hold at " + from.givenName());
        }
        boolean reaches = entry.destinations().stream()
                .anyMatch(alias -> alias instanceof Alias.Self ? Judge.isOwn(from, to) : population.denotes(alias, to));
        if (!reaches) {
            lacks.add(
                    "its destinations " + Entry.words(entry.destinations()) + " do not include " + destination.text());
        }
        return lacks;
    }

    private static String text(PolicyDocument.SshRule entry) {
        return (entry.check() ? "check " : "accept ") + Entry.words(entry.sources()) + " -> "
                + Entry.words(entry.destinations()) + " as " + String.join(", ", entry.users());
    }
}
