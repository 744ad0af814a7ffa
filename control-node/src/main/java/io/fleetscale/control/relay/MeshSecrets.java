package io.fleetscale.control.relay;

import io.fleetscale.control.derpmap.RelayMembers;
import io.fleetscale.control.secret.SecretMac;
import java.util.ArrayList;
import java.util.List;

/**
 * Mesh keys of the regions: derived from the server's key, the region and how often its key was changed, so that nothing need be
 * stored and all instances agree. Thread-safe.
 */
final class MeshSecrets {
    private final SecretMac mac;

    MeshSecrets(SecretMac mac) {
        this.mac = mac;
    }

    /** The key in use, and the one before it while relays may still show it; hexadecimal. */
    List<String> of(RelayMembers members, int regionId) {
        int generation = members.meshGeneration(regionId);
        List<String> keys = new ArrayList<>();
        keys.add(key(regionId, generation));
        if (generation > 0) {
            keys.add(key(regionId, generation - 1));
        }
        return keys;
    }

    private String key(int regionId, int generation) {
        return mac.mac("relay mesh key of region " + regionId + ", number " + generation)
                .toHex();
    }
}
