package io.fleetscale.control.policy.engine;

/**
 * Numbers of the yes/no questions that a policy asks of a node: even ones ask who it is (an owner, a group, a role, a tag), odd
 * ones whether it speaks for addresses that the policy writes down. Source: policy 11.3, atoms.
 */
final class Tokens {
    private Tokens() {}

    static int ofIdentity(int index) {
        return index << 1;
    }

    static int ofAtom(int index) {
        return index << 1 | 1;
    }

    static boolean isAtom(int token) {
        return (token & 1) != 0;
    }

    static int indexOf(int token) {
        return token >> 1;
    }
}
