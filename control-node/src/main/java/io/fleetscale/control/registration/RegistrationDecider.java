package io.fleetscale.control.registration;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.DecisionContext;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.node.NodeWrites;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.RegisterRequest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Decides on a register request, up to the point where a person is needed. Pure. The order is that of headscale-surface
 * 7.1: log out, known key, (follow-up: the caller's,) pre-auth key, login.
 */
final class RegistrationDecider implements HardWrite<RegisterResult> {
    private final MachineKey machineKey;
    private final RegisterRequest request;
    private final SecretMac secretMac;
    private final IpPools pools;

    RegistrationDecider(MachineKey machineKey, RegisterRequest request, SecretMac secretMac, IpPools pools) {
        this.machineKey = machineKey;
        this.request = request;
        this.secretMac = secretMac;
        this.pools = pools;
    }

    @Override
    public Decision<RegisterResult> decide(TailnetImage image, DecisionContext context) {
        if (request.nodeKey().isZero()) {
            return refused("the request has no node key");
        }
        Node known = image.nodeByKey(request.nodeKey());
        Instant expiry = request.expiry();
        if (expiry != null && !expiry.isAfter(context.now())) {
            return logout(image, context, known);
        }
        if (known != null && request.authKey().isEmpty()) {
            return refresh(context, known, expiry);
        }
        // A client that waits for a person repeats its key, if it was ever given one, in vain: the person decides.
        if (!request.authKey().isEmpty() && request.followup().isEmpty()) {
            try {
                return new KeyRegistration(image, context, Applicant.of(machineKey, request), secretMac, pools)
                        .decide(request.authKey());
            } catch (ControlException e) {
                return refused(e.detail());
            }
        }
        if (known != null) {
            return refresh(context, known, expiry);
        }
        return Decision.unchanged(new RegisterResult.NeedsLogin());
    }

    /** A past expiry is a logout whatever else the request holds. */
    private Decision<RegisterResult> logout(TailnetImage image, DecisionContext context, @Nullable Node known) {
        if (known == null) {
            return Decision.unchanged(new RegisterResult.KeyExpired());
        }
        if (!known.machineKey().equals(machineKey)) {
            return refused("node exists with a different machine key");
        }
        if (known.isExpiredAt(context.now())) {
            return Decision.unchanged(new RegisterResult.KeyExpired());
        }
        if (known.ephemeral()) {
            return new Decision<>(NodeWrites.removal(image, known), new RegisterResult.Removed());
        }
        // Now, not the request's 1970: peers see the time.
        Node expired = known.toBuilder().expiry(context.now()).expired(true).build();
        return Decision.of(new RegisterResult.LoggedOut(expired), new Change.NodePut(expired));
    }

    /** A key that is known needs no credential, and a refresh changes nothing but a shorter expiry. */
    private Decision<RegisterResult> refresh(DecisionContext context, Node known, @Nullable Instant expiry) {
        if (!known.machineKey().equals(machineKey)) {
            return refused("node exists with a different machine key");
        }
        if (known.isExpiredAt(context.now())) {
            return Decision.unchanged(new RegisterResult.KeyExpired());
        }
        if (expiry == null || expiry.equals(known.expiry())) {
            return Decision.unchanged(new RegisterResult.Accepted(known));
        }
        Instant present = known.expiry();
        if (present != null && expiry.isAfter(present)) {
            return refused("extending key is not allowed");
        }
        Node shortened = known.toBuilder().expiry(expiry).build();
        return Decision.of(new RegisterResult.Accepted(shortened), new Change.NodePut(shortened));
    }

    private static Decision<RegisterResult> refused(String reason) {
        return Decision.unchanged(new RegisterResult.Refused(reason));
    }
}
