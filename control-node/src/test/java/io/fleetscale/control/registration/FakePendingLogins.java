package io.fleetscale.control.registration;

import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.login.PendingLogins;
import io.fleetscale.control.tailnet.NodeId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Logins in memory. Guarded by its own lock. */
final class FakePendingLogins implements PendingLogins {
    private final Map<AuthId, PendingLogin> logins = new LinkedHashMap<>();

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
        Optional<PendingLogin> decided =
                find(id).filter(PendingLogin::isWaiting).map(login -> login.became(state, node));
        decided.ifPresent(login -> logins.put(id, login));
        return decided;
    }

    @Override
    public synchronized Optional<PendingLogin> refuse(AuthId id, String reason) {
        Optional<PendingLogin> refused =
                find(id).filter(PendingLogin::isWaiting).map(login -> login.refused(reason));
        refused.ifPresent(login -> logins.put(id, login));
        return refused;
    }

    @Override
    public synchronized List<PendingLogin> waiting() {
        return logins.values().stream().filter(PendingLogin::isWaiting).toList();
    }
}
