package io.fleetscale.control.relay;

import io.fleetscale.control.derpmap.RelayMember;

/** Asks a relay itself whether it works, as clients would. May block, for about a second at most. Thread-safe. */
@FunctionalInterface
public interface RelayProbe {
    boolean answers(RelayMember relay);
}
