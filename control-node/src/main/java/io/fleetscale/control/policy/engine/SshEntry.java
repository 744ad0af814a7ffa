package io.fleetscale.control.policy.engine;

import io.fleetscale.wire.tailcfg.SshPolicy;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * An entry of {@code ssh}. Source: policy 5.2.
 *
 * @param check whether the node has to ask before it lets somebody in
 * @param checkPeriod how long an approval lasts; zero: each session needs one
 * @param sources identity tokens, ascending
 * @param destinations identity tokens, ascending
 * @param self whether {@code autogroup:self} is among the destinations
 * @param users the base map, requested name to local name
 * @param localDomains domains of {@code localpart:*@...}, lower case
 * @param recorders identity tokens of the nodes that record, in order
 * @param postures one of which a source must fulfil, by place in the program; empty: no condition
 */
record SshEntry(
        int id,
        boolean check,
        Duration checkPeriod,
        List<Integer> sources,
        List<Integer> destinations,
        boolean self,
        SortedMap<String, String> users,
        List<String> localDomains,
        List<String> acceptEnv,
        List<Integer> recorders,
        SshPolicy.@Nullable RecordingFailure onRecordingFailure,
        List<Integer> postures) {
    SshEntry {
        sources = List.copyOf(sources);
        destinations = List.copyOf(destinations);
        localDomains = List.copyOf(localDomains);
        acceptEnv = List.copyOf(acceptEnv);
        recorders = List.copyOf(recorders);
        postures = List.copyOf(postures);
    }
}
