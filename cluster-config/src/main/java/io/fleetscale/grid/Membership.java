package io.fleetscale.grid;

import java.util.List;

/**
 * Who is in the grid, seen from one member.
 *
 * @param number grows with every change, within one start of the grid
 * @param members in the order in which they joined, the own instance included; empty while the grid is stopped
 */
public record Membership(long number, List<Member> members) {
    static final Membership NONE = new Membership(0, List.of());

    public Membership {
        members = List.copyOf(members);
    }

    public boolean contains(String instance) {
        return members.stream().anyMatch(member -> member.instance().equals(instance));
    }
}
