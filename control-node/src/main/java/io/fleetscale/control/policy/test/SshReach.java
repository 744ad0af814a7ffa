package io.fleetscale.control.policy.test;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the SSH rules of one node let in, all rules looked at and not only the first that fits. Source: policy 8.4. */
record SshReach(SshPolicy policy) {
    /** Whether all sources may log in as the user, at once or after a check. */
    boolean letsInAll(Set<String> sources, String user) {
        return letIn(user, false).containsAll(sources);
    }

    boolean checksAll(Set<String> sources, String user) {
        return letIn(user, true).containsAll(sources);
    }

    boolean letsInAny(Set<String> sources, String user) {
        Set<String> letIn = letIn(user, false);
        return sources.stream().anyMatch(letIn::contains);
    }

    private Set<String> letIn(String user, boolean onlyChecked) {
        Set<String> addresses = new HashSet<>();
        for (SshPolicy.Rule rule : policy.rules()) {
            boolean checks = !rule.action().holdAndDelegate().isEmpty();
            if (allows(rule, user) && (checks || !onlyChecked)) {
                rule.principals().forEach(principal -> addresses.add(principal.nodeIp()));
            }
        }
        return addresses;
    }

    private static boolean allows(SshPolicy.Rule rule, String user) {
        if (user.isEmpty()) {
            return false;
        }
        String named = rule.users().get(user);
        String local =
                named != null || user.equals("root") ? named : rule.users().get("*");
        return local != null && !local.isEmpty();
    }

    static Set<String> texts(List<IpAddress> addresses) {
        Set<String> texts = new HashSet<>();
        addresses.forEach(address -> texts.add(address.toString()));
        return texts;
    }
}
