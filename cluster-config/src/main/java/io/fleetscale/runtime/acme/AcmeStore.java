package io.fleetscale.runtime.acme;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What outlives the process, and what several processes share about certificates. Thread-safe; blocks. Fails with an unchecked
 * exception that says why.
 */
public interface AcmeStore {
    /** A stored secret, PEM text. */
    Optional<String> secret(String name);

    void putSecret(String name, String pem);

    List<PendingChallenge> challenges();

    void putChallenge(PendingChallenge challenge);

    void removeChallenge(String token);

    /**
     * Takes the right to order for a while; one instance has it at a time.
     *
     * @return false while another one has it
     */
    boolean takeTurn(String name, Instant until);

    /**
     * Gives it back.
     *
     * @param free when it may be taken again: later than now after an attempt that failed, so that all instances together do not
     *     ask the authority more often than one would
     */
    void endTurn(String name, Instant free);
}
