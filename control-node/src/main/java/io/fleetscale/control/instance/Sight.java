package io.fleetscale.control.instance;

import java.time.Duration;
import java.util.Map;
import java.util.Set;

/**
 * What an instance can see at one moment.
 *
 * @param sincePause how long ago this process last looked: far more than its interval means that it was stopped
 * @param sinceRenewed how long ago it renewed its lease
 * @param members names in its grid, its own included
 * @param lastView the members when all was well for the last time
 * @param othersRenewed for members of the grid that said so lately, but not while they are the first after an outage: how long ago they
 *     renewed their leases
 * @param strangers live instances that are not in the grid and renewed their leases after they were lost from sight
 * @param lost whether another side of a split claimed the cluster without this instance
 */
record Sight(
        Duration sincePause,
        Duration sinceRenewed,
        Set<String> members,
        Set<String> lastView,
        Map<String, Duration> othersRenewed,
        Set<String> strangers,
        boolean lost) {
    Sight {
        members = Set.copyOf(members);
        lastView = Set.copyOf(lastView);
        othersRenewed = Map.copyOf(othersRenewed);
        strangers = Set.copyOf(strangers);
    }
}
