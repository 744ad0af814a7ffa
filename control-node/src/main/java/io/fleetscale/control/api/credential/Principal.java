package io.fleetscale.control.api.credential;

import io.fleetscale.control.api.registry.CredentialKind;
import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.tailnet.ApiKeyId;
import java.util.List;
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

    /** Who this is for the audit log: nobody's key, or whoever administrates the machine. */
    public Actor actor(String family) {
        String id = apiKeyId == null ? "local" : "apikey-" + apiKeyId;
        String name = apiKeyId == null ? "local administrator" : "headscale API key " + apiKeyId;
        return new Actor(id, Actor.Type.AUTOMATED_WORKER, "", name, List.of(), Actor.Origin.CONFIG_API, family, "");
    }

    public Optional<ApiKeyId> apiKey() {
        return Optional.ofNullable(apiKeyId);
    }
}
