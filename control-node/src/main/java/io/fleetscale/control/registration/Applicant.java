package io.fleetscale.control.registration;

import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import io.fleetscale.wire.tailcfg.RegisterRequest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A client that wants to be a node.
 *
 * @param machineKey proven by the Noise handshake
 * @param requestedExpiry when its key shall end, absent = as configured
 */
record Applicant(
        MachineKey machineKey,
        NodeKey nodeKey,
        LockKey lockKey,
        Hostinfo hostinfo,
        boolean ephemeral,
        @Nullable Instant requestedExpiry) {

    static Applicant of(MachineKey machineKey, RegisterRequest request) {
        return new Applicant(
                machineKey,
                request.nodeKey(),
                request.lockKey(),
                request.hostinfo(),
                request.ephemeral(),
                request.expiry());
    }

    static Applicant of(PendingLogin login) {
        return new Applicant(
                login.machineKey(),
                login.nodeKey(),
                login.lockKey(),
                login.hostinfo(),
                login.ephemeral(),
                login.requestedExpiry());
    }
}
