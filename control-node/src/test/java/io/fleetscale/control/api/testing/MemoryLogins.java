package io.fleetscale.control.api.testing;

import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.login.PendingLogins;
import io.fleetscale.control.tailnet.NodeId;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Waiting logins without a database. Thread-safe. */
public final class MemoryLogins implements PendingLogins {
    private final Map<AuthId, PendingLogin> logins = new LinkedHashMap<>();
    private final InstantSource clock;

    public MemoryLogins() {
        this(InstantSource.system());
    }

    public MemoryLogins(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public synchronized void add(PendingLogin login) {
        logins.put(login.id(), login);
    }

    @Override
    public synchronized Optional<PendingLogin> find(AuthId id) {
        return Optional.ofNullable(logins.get(id));
    }

    @Override
    public synchronized Optional<PendingLogin> decide(AuthId id, PendingLogin.State state, @Nullable NodeId node) {
        PendingLogin login = logins.get(id);
        if (login == null || !login.isWaiting()) {
            return Optional.empty();
        }
        PendingLogin decided = login.became(state, node, clock.instant());
        logins.put(id, decided);
        return Optional.of(decided);
    }

    @Override
    public synchronized Optional<PendingLogin> refuse(AuthId id, String reason) {
        PendingLogin login = logins.get(id);
        if (login == null || !login.isWaiting()) {
            return Optional.empty();
        }
        PendingLogin refused = login.refused(reason, clock.instant());
        logins.put(id, refused);
        return Optional.of(refused);
    }

    @Override
    public synchronized List<PendingLogin> waiting() {
        return logins.values().stream().filter(PendingLogin::isWaiting).toList();
    }
}
