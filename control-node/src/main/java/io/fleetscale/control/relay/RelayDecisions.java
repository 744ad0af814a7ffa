package io.fleetscale.control.relay;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.derpmap.RelayMember;
import io.fleetscale.control.derpmap.RelayMembers;
import java.util.List;
import java.util.Set;

/** Who stands in the DERP map: pure decisions on the image. */
final class RelayDecisions {
    private RelayDecisions() {}

    /**
     * What signs of life and their lack change.
     *
     * @param alive in the order in which new ones are added
     * @param dead names of relays that neither report nor answer
     */
    static RelayMembers after(RelayMembers before, List<RelayReport> alive, Set<String> dead) {
        RelayMembers next = before;
        for (RelayReport report : alive) {
            next = heard(next, report);
        }
        for (String name : dead) {
            next = gone(next, name);
        }
        for (RelayReport report : alive) {
            if (report.isLeaving()) {
                next = gone(next, report.member().name());
            }
        }
        return next;
    }

    private static RelayMembers heard(RelayMembers members, RelayReport report) {
        RelayMember known = members.find(report.member().name()).orElse(null);
        if (report.isLeaving() && known == null) {
            return members;
        }
        RelayMember.State state = known == null ? RelayMember.State.SERVING : known.state();
        if (state == RelayMember.State.AWAY && !report.isLeaving()) {
            state = RelayMember.State.SERVING;
        }
        return members.with(report.member().in(state));
    }

    /** The last one of a region stays: clients are better off trying it than without any. */
    private static RelayMembers gone(RelayMembers members, String name) {
        RelayMember known = members.find(name).orElse(null);
        if (known == null || known.state() != RelayMember.State.SERVING || members.isLastServing(known)) {
            return members;
        }
        return members.withState(name, RelayMember.State.AWAY);
    }

    static HardWrite<Boolean> follow(List<RelayReport> alive, Set<String> dead) {
        return (image, context) -> {
            RelayMembers before = RelayMembers.of(image);
            RelayMembers next = after(before, alive, dead);
            return new Decision<>(next.changesFrom(before), !next.equals(before));
        };
    }

    static HardWrite<RelayMember> drain(String name, boolean force) {
        return (image, context) -> {
            RelayMembers before = RelayMembers.of(image);
            RelayMember member = require(before, name);
            refuseLast(before, member, force);
            RelayMembers next = before.withState(name, RelayMember.State.DRAINING);
            return new Decision<>(next.changesFrom(before), require(next, name));
        };
    }

    static HardWrite<RelayMember> undrain(String name) {
        return (image, context) -> {
            RelayMembers before = RelayMembers.of(image);
            RelayMember member = require(before, name);
            RelayMembers next = member.state() == RelayMember.State.DRAINING
                    ? before.withState(name, RelayMember.State.SERVING)
                    : before;
            return new Decision<>(next.changesFrom(before), require(next, name));
        };
    }

    static HardWrite<RelayMember> remove(String name, boolean force) {
        return (image, context) -> {
            RelayMembers before = RelayMembers.of(image);
            RelayMember member = require(before, name);
            refuseLast(before, member, force);
            return new Decision<>(before.without(name).changesFrom(before), member);
        };
    }

    static HardWrite<Integer> changeMeshKey(int regionId) {
        return (image, context) -> {
            RelayMembers before = RelayMembers.of(image);
            if (before.inRegion(regionId).isEmpty()) {
                throw new ControlException(
                        ErrorCode.NOT_FOUND, "region " + regionId + ": no relay has registered in it");
            }
            RelayMembers next = before.withNextMeshKey(regionId);
            return new Decision<>(next.changesFrom(before), next.meshGeneration(regionId));
        };
    }

    private static RelayMember require(RelayMembers members, String name) {
        return members.find(name)
                .orElseThrow(() -> new ControlException(
                        ErrorCode.NOT_FOUND, "relay \"" + name + "\": none of this name has registered"));
    }

    private static void refuseLast(RelayMembers members, RelayMember member, boolean force) {
        if (!force && members.isLastServing(member)) {
            throw new ControlException(
                    ErrorCode.FAILED_PRECONDITION,
                    "relay \"" + member.name() + "\" is the last one of region " + member.regionId()
                            + ": clients would have none there; register another one first, or force it");
        }
    }
}
