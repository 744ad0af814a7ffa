package io.fleetscale.control.policy.language;

import java.util.List;
import java.util.Set;

/**
 * Whom or what a word of the policy denotes. Immutable. Groups are resolved to their members, hosts and IP sets to their
 * addresses. Source: policy 2.
 */
public sealed interface Alias {
    /** As written, trimmed; equal texts mean equal aliases within a policy. */
    String text();

    /** {@code *}. */
    record Any(String text) implements Alias {}

    /** Nodes of a user, by login. */
    record Login(String text) implements Alias {}

    /** Nodes of all users whose login has the domain: {@code user:*@domain}. */
    record Domain(String text, String domain) implements Alias {}

    /**
     * Nodes of the users of a group.
     *
     * @param logins of its members as the policy lists them; empty for a group that an identity provider knows
     */
    record Group(String text, List<String> logins) implements Alias {
        public Group {
            logins = List.copyOf(logins);
        }

        /** Whether its members are those users whom the identity provider puts in it. Source: policy 1.5. */
        public boolean isSynced() {
            return logins.isEmpty() && text.indexOf('@') >= 0;
        }

        /** Without {@code group:}. */
        public String name() {
            return text.substring("group:".length());
        }
    }

    /** Nodes with a tag. */
    record Tag(String text) implements Alias {}

    /** Nodes without tags: {@code autogroup:member}. */
    record Members(String text) implements Alias {}

    /** Nodes with tags: {@code autogroup:tagged}. */
    record Tagged(String text) implements Alias {}

    /**
     * Nodes of users with a role.
     *
     * @param roles names of roles, such as {@code network-admin}
     */
    record Roles(String text, Set<String> roles) implements Alias {
        public Roles {
            roles = Set.copyOf(roles);
        }
    }

    /** The own nodes of the source's user: {@code autogroup:self}. */
    record Self(String text) implements Alias {}

    /** {@code autogroup:internet}. */
    record Internet(String text) implements Alias {}

    /** Every address there is: {@code autogroup:danger-all}. */
    record DangerAll(String text) implements Alias {}

    /** Nodes of other tailnets that accepted a share; there are none. */
    record Shared(String text) implements Alias {}

    /**
     * Addresses: an address, a prefix, a host or an IP set.
     *
     * @param printed addresses, prefixes and {@code a-b} ranges in the form and order in which rules name them
     */
    record Literal(String text, Kind kind, List<String> printed) implements Alias {
        /** What it was written as. */
        public enum Kind {
            ADDRESS,
            PREFIX,
            HOST,
            IP_SET
        }

        public Literal {
            printed = List.copyOf(printed);
        }

        /** Whether it is one address. */
        public boolean isSingle() {
            return printed.size() == 1
                    && printed.getFirst().indexOf('/') < 0
                    && printed.getFirst().indexOf('-') < 0;
        }
    }

    /** {@code svc:name}. */
    record Service(String text) implements Alias {}

    /** Whether it denotes nodes by who they are. */
    default boolean isIdentity() {
        return switch (this) {
            case Login a -> true;
            case Domain a -> true;
            case Group a -> true;
            case Tag a -> true;
            case Members a -> true;
            case Tagged a -> true;
            case Roles a -> true;
            case Shared a -> true;
            case Any a -> false;
            case Self a -> false;
            case Internet a -> false;
            case DangerAll a -> false;
            case Literal a -> false;
            case Service a -> false;
        };
    }

    /** Whether it denotes nodes of users only. */
    default boolean isOfUsers() {
        return switch (this) {
            case Login a -> true;
            case Domain a -> true;
            case Group a -> true;
            case Members a -> true;
            case Roles a -> true;
            default -> false;
        };
    }
}
