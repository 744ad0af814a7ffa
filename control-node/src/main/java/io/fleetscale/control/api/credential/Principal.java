package io.fleetscale.control.api.credential;

import io.fleetscale.control.api.registry.CredentialKind;
import io.fleetscale.control.tailnet.ApiKeyId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A caller whose credential held; all that the features behind an API ever see of it.
 *
 * @param apiKeyId the key that was shown, absent for the local socket
 */
public record Principal(CredentialKind kind, @Nullable ApiKeyId apiKeyId) {
    /** The administrator of this machine. */
    public static final Principal LOCAL = new Principal(CredentialKind.LOCAL_SOCKET, null);

    public Optional<ApiKeyId> apiKey() {
        return Optional.ofNullable(apiKeyId);
    }
}
