package io.fleetscale.wire.noise;

import io.fleetscale.wire.key.MachineKey;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a server's key agrees on with the keys of machines that were here: never changing, so that a machine that comes again
 * costs one of five agreements less. Kept is only what a machine has proven to know; who was longest away goes first. As
 * secret as the server's key. Thread-safe.
 */
public final class StaticAgreements {
    private final MachinePrivateKey serverKey;

    /** Guarded by this. */
    private final Map<MachineKey, byte[]> proven;

    /** @param capacity of how many machines; 0 keeps none */
    public StaticAgreements(MachinePrivateKey serverKey, int capacity) {
        this.serverKey = serverKey;
        this.proven = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<MachineKey, byte[]> eldest) {
                return size() > capacity;
            }
        };
    }

    MachinePrivateKey serverKey() {
        return serverKey;
    }

    /** A copy for the caller to use up; null: to be computed. */
    synchronized byte @Nullable [] known(MachineKey machine) {
        byte[] agreed = proven.get(machine);
        return agreed == null ? null : agreed.clone();
    }

    /** To be called once a message was opened with it; keeps the array itself. */
    synchronized void prove(MachineKey machine, byte[] agreed) {
        proven.put(machine, agreed);
    }

    @Override
    public synchronized String toString() {
        return "StaticAgreements[" + proven.size() + " machines]";
    }
}
