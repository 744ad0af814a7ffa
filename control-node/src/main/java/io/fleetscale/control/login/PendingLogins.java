package io.fleetscale.control.login;

import io.fleetscale.control.tailnet.NodeId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The logins that wait for a person, common to all instances and durable. Thread-safe; blocks on the database: for virtual
 * threads. Every method fails with {@code ControlException} UNAVAILABLE while the database is away.
 */
public interface PendingLogins {
    /** A client asks for half an hour whether to let a session in. Source: tailscale tailssh.go, fetchSSHAction. */
    Duration SESSION_TIME_TO_LIVE = Duration.ofMinutes(30);

    /** Stores a new one. When too many wait already, the oldest of the same source makes room: its client gets another URL. */
    void add(PendingLogin login);

    /** One that has not run out, waiting or decided; it may be read any number of times. */
    Optional<PendingLogin> find(AuthId id);

    /**
     * Decides a waiting one.
     *
     * @return the decided login; empty when it is unknown, has run out or was decided already
     */
    Optional<PendingLogin> decide(AuthId id, PendingLogin.State state, @Nullable NodeId node);

    /** Rejects a waiting one with a text for the person at the machine; empty as for {@link #decide}. */
    Optional<PendingLogin> refuse(AuthId id, String reason);

    /** Those that wait, the oldest first. */
    List<PendingLogin> waiting();
}
