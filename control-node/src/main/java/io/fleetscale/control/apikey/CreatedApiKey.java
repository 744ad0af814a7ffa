package io.fleetscale.control.apikey;

import io.fleetscale.control.tailnet.ApiKey;

/**
 * A new key.
 *
 * @param text the whole key, shown this once; a secret
 */
public record CreatedApiKey(ApiKey key, String text) {
    @Override
    public String toString() {
        return key.toString();
    }
}
