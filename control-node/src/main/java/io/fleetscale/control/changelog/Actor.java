package io.fleetscale.control.changelog;

import java.util.List;
import java.util.Optional;

/**
 * Who causes a write. The edge that knows the caller binds it for the call; {@link Changelog#write} takes it along, so that
 * features need not know. Source: tailscale-api-v2 8.10.
 *
 * @param type word of the audit log, for example {@code USER}
 * @param loginName empty where there is none
 * @param tags of a trust credential or a node
 * @param origin word of the audit log, for example {@code CONFIG_API}
 * @param family whose interface was used, for example {@code tailscale}
 * @param requestId of the request; empty where it has none
 */
public record Actor(
        String id,
        Type type,
        String loginName,
        String displayName,
        List<String> tags,
        Origin origin,
        String family,
        String requestId) {
    private static final ScopedValue<Actor> CURRENT = ScopedValue.newInstance();

    /** What causes writes. */
    public enum Type {
        USER,
        NODE,
        AUTOMATED_WORKER,
        OAUTH_CLIENT
    }

    /** By which way. */
    public enum Origin {
        ADMIN_CONSOLE,
        CONFIG_API,
        CONTROL,
        IDENTITY_PROVIDER,
        NODE
    }

    public Actor {
        tags = List.copyOf(tags);
    }

    /** Who causes what this thread does now. */
    public static Optional<Actor> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    /** Does {@code call} in the name of this actor. */
    public void run(Runnable call) {
        ScopedValue.where(CURRENT, this).run(call);
    }

    /** Does {@code call} in the name of this actor. */
    public <R, X extends Throwable> R call(ScopedValue.CallableOp<R, X> call) throws X {
        return ScopedValue.where(CURRENT, this).call(call);
    }
}
