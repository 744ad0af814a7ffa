package io.fleetscale.relay.limits;

import java.util.ArrayList;
import java.util.List;

/**
 * How much may connect.
 *
 * @param connections all connections of the relay, those before admission included
 * @param connectionsPerKey connections of one node key; a node has two for a moment after a change of network
 * @param pendingHandshakes greetings that wait for the curve operation or for admission; more are turned away
 */
public record ConnectionLimits(int connections, int connectionsPerKey, int pendingHandshakes) {
    public static final ConnectionLimits DEFAULT = new ConnectionLimits(200_000, 16, 8_192);

    /** All problems, each naming the value and what it must be. */
    public List<String> validate() {
        List<String> problems = new ArrayList<>();
        if (connections < 1) {
            problems.add("connections is " + connections + ": must be at least 1");
        }
        if (connectionsPerKey < 2) {
            problems.add("connectionsPerKey is " + connectionsPerKey
                    + ": must be at least 2, a node overlaps with itself when it changes networks");
        }
        if (pendingHandshakes < 1) {
            problems.add("pendingHandshakes is " + pendingHandshakes + ": must be at least 1");
        }
        return problems;
    }
}
