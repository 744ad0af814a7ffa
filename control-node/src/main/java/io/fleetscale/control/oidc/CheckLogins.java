package io.fleetscale.control.oidc;

import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.tailnet.User;

/**
 * Waiting SSH checks, as far as a login answers them. Thread-safe; may block. Source: headscale-surface 7.6 "Approve".
 */
public interface CheckLogins {
    /** What became of the check. */
    enum Outcome {
        APPROVED,
        /** The login is waited for by something else than an SSH check. */
        NOT_A_CHECK,
        /** Not the owner of the node that the session comes from, or that node has no owner. */
        NOT_THE_OWNER,
        /** Unknown, run out or decided already. */
        GONE
    }

    /** Approves the check if {@code user} owns the node that the session comes from. */
    Outcome approve(AuthId id, User user);
}
