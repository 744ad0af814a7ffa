package io.fleetscale.control.preauthkey;

import io.fleetscale.control.tailnet.PreAuthKey;

/**
 * A new key.
 *
 * @param text the whole key, shown this once; a secret
 */
public record CreatedPreAuthKey(PreAuthKey key, String text) {
    @Override
    public String toString() {
        return key.toString();
    }
}
