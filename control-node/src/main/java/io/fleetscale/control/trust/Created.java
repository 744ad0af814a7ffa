package io.fleetscale.control.trust;

/**
 * A new credential.
 *
 * @param text the whole of it, shown this once; empty for one without a secret
 */
public record Created(String id, Credential credential, String text) {
    @Override
    public String toString() {
        return "Created[" + id + "]";
    }
}
