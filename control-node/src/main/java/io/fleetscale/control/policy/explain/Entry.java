package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PortRange;
import io.fleetscale.control.policy.language.Posture;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * An entry of {@code grants} or {@code acls} in one form. Immutable.
 *
 * @param section {@code grants} or {@code acls}; empty: what a policy without both means
 * @param index its place in the section, from 0
 * @param line where it begins; 0: nowhere
 * @param app names of the capabilities that it grants
 */
record Entry(
        String section,
        int index,
        int line,
        List<Alias> sources,
        List<Target> targets,
        Set<String> app,
        List<Alias.Tag> via,
        List<Posture> postures) {

    /** A destination and what may go there. */
    record Target(Alias alias, List<PolicyDocument.Traffic> traffic) {}

    /** In the order in which rules are made of them. Source: policy 3.2. */
    static List<Entry> of(PolicyDocument document) {
        List<Entry> entries = new ArrayList<>();
        if (document.allowAll()) {
            List<PolicyDocument.Traffic> all = List.of(new PolicyDocument.Traffic(null, PortRange.ALL));
            Alias any = new Alias.Any("*");
            entries.add(
                    new Entry("", 0, 0, List.of(any), List.of(new Target(any, all)), Set.of(), List.of(), List.of()));
        }
        for (int i = 0; i < document.grants().size(); i++) {
            PolicyDocument.Grant grant = document.grants().get(i);
            entries.add(new Entry(
                    "grants",
                    i,
                    grant.line(),
                    grant.sources(),
                    grant.destinations().stream()
                            .map(alias -> new Target(alias, grant.ip()))
                            .toList(),
                    new TreeSet<>(grant.app().keySet()),
                    grant.via(),
                    grant.postures()));
        }
        for (int i = 0; i < document.acls().size(); i++) {
            PolicyDocument.Acl acl = document.acls().get(i);
            entries.add(new Entry(
                    "acls",
                    i,
                    acl.line(),
                    acl.sources(),
                    acl.destinations().stream()
                            .map(to -> new Target(to.alias(), traffic(acl, to)))
                            .toList(),
                    Set.of(),
                    List.of(),
                    acl.postures()));
        }
        return entries;
    }

    private static List<PolicyDocument.Traffic> traffic(PolicyDocument.Acl acl, PolicyDocument.Destination to) {
        List<PolicyDocument.Traffic> traffic = new ArrayList<>();
        for (PortRange ports : to.ports()) {
            if (acl.protocols().isEmpty()) {
                traffic.add(new PolicyDocument.Traffic(null, ports));
            }
            acl.protocols().forEach(protocol -> traffic.add(new PolicyDocument.Traffic(protocol, ports)));
        }
        return traffic;
    }

    /** What the rule says, for people. */
    String text() {
        if (section.isEmpty()) {
            return "the policy has neither acls nor grants, which allows everything";
        }
        String text = words(sources) + " -> "
                + targets.stream()
                        .map(target -> section.equals("acls")
                                ? target.alias().text() + ":" + ports(target.traffic())
                                : target.alias().text())
                        .collect(Collectors.joining(", "));
        if (section.equals("grants") && !targets.isEmpty()) {
            text += targets.getFirst().traffic().isEmpty()
                    ? ""
                    : " : " + Traffics.text(targets.getFirst().traffic());
        }
        if (!app.isEmpty()) {
            text += " app " + String.join(", ", app);
        }
        if (!via.isEmpty()) {
            text += " via " + words(via);
        }
        return postures.isEmpty()
                ? text
                : text + " if " + postures.stream().map(Posture::name).collect(Collectors.joining(" or "));
    }

    private static String ports(List<PolicyDocument.Traffic> traffic) {
        return traffic.stream()
                .map(one -> Traffics.ports(one.ports()))
                .distinct()
                .collect(Collectors.joining(","));
    }

    /** {@code [a, b]}; a single word stands for itself. */
    static String words(List<? extends Alias> aliases) {
        String joined = aliases.stream().map(Alias::text).collect(Collectors.joining(", "));
        return aliases.size() == 1 ? joined : "[" + joined + "]";
    }
}
