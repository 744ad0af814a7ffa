package io.fleetscale.control.oauthapp;

import io.fleetscale.control.tailnet.ResourceKind;
import java.time.Instant;
import java.util.List;

/**
 * An app.
 *
 * @param mac of its secret, hex
 * @param allowedNodeAttributes that every device gets which is provisioned through it
 */
public record OAuthApp(
        String name,
        String description,
        List<String> redirectUris,
        List<String> scopes,
        List<String> allowedNodeAttributes,
        String mac,
        Instant created,
        Instant updated) {
    public static final ResourceKind<OAuthApp> KIND = ResourceKind.of("oauth-app", OAuthApp.class);

    public OAuthApp {
        redirectUris = List.copyOf(redirectUris);
        scopes = List.copyOf(scopes);
        allowedNodeAttributes = List.copyOf(allowedNodeAttributes);
    }

    @Override
    public String toString() {
        return "OAuthApp[" + name + "]";
    }
}
