package io.fleetscale.control.policy.explain;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why one party may reach another or not, in both directions. Immutable.
 *
 * @param traffic what was asked about, such as {@code tcp 22}
 * @param visible whether the two are in each other's map; true also when one of them is no node
 * @param reverse null: the source is no node, so that nobody can open connections to it
 * @param ssh null: one of the two is no node
 */
public record Explanation(
        Party source,
        Party destination,
        String traffic,
        boolean visible,
        Direction forward,
        @Nullable Direction reverse,
        @Nullable SshAnswer ssh) {

    /**
     * One direction.
     *
     * @param path which node lets the traffic in; says why there is none if there is none
     * @param rules those that let it through, in the order of the policy
     * @param nearest when none does, those that lack least, at most {@link Explainer#NEAREST}
     */
    public record Direction(boolean allowed, String path, List<Rule> rules, List<Rule> nearest) {
        public Direction {
            rules = List.copyOf(rules);
            nearest = List.copyOf(nearest);
        }
    }

    /**
     * An entry of the policy.
     *
     * @param section such as {@code acls}; empty: none is there
     * @param index from 0
     * @param line where it begins, from 1; 0: nowhere
     * @param lacks what would have to be different; empty: the rule applies
     */
    public record Rule(String section, int index, int line, String text, List<String> lacks) {
        public Rule {
            lacks = List.copyOf(lacks);
        }
    }

    /**
     * Tailscale SSH from the source to the destination.
     *
     * @param logins who may log in; the first rule of a name counts
     * @param rules entries of {@code ssh} that speak of the two
     * @param nearest when nobody may log in, the entries that lack least
     * @param portOpen whether the rules let TCP port 22 through, without which SSH cannot work
     */
    public record SshAnswer(List<Login> logins, List<Rule> rules, List<Rule> nearest, boolean portOpen) {
        public SshAnswer {
            logins = List.copyOf(logins);
            rules = List.copyOf(rules);
            nearest = List.copyOf(nearest);
        }
    }

    /**
     * @param requested name at the login; {@code *} is every other one but root
     * @param local name of the account; {@code =} is the same
     * @param check whether the owner must have logged in lately
     */
    public record Login(String requested, String local, boolean check) {}
}
