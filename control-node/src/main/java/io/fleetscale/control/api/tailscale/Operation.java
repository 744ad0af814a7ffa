package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.api.registry.ApiFamily;
import io.fleetscale.control.api.registry.CredentialKind;
import io.fleetscale.control.api.registry.ErrorFormat;
import io.fleetscale.control.api.registry.PathPattern;
import io.fleetscale.control.api.registry.Route;
import io.fleetscale.control.frontdoor.http.HttpReply;
import java.util.Set;

/**
 * One operation of the API.
 *
 * @param number in the route table of the specification; 0: not in it
 * @param summary for descriptions
 */
record Operation(int number, Route route, Access access, String summary, Handler handler) {
    private static final Set<CredentialKind> CREDENTIALS = Set.of(
            CredentialKind.TAILSCALE_ACCESS_TOKEN, CredentialKind.OAUTH_ACCESS_TOKEN, CredentialKind.HEADSCALE_API_KEY);

    /** Does it; may block. */
    @FunctionalInterface
    interface Handler {
        HttpReply handle(ApiCall call) throws Exception;
    }

    /** @param path below {@code /api/v2}; {@code t} at its start stands for {@code /tailnet/{tailnet}} */
    static Operation of(
            int number, String method, String path, Access access, String name, String summary, Handler handler) {
        String full = path.startsWith("t/") ? "/tailnet/{tailnet}" + path.substring(1) : path;
        Route route = new Route(
                method,
                PathPattern.parse(TailscaleApi.ROOT + full),
                ApiFamily.TAILSCALE,
                access.mode() == Access.Mode.OPEN ? Set.of() : CREDENTIALS,
                ErrorFormat.TAILSCALE,
                name);
        return new Operation(number, route, access, summary, handler);
    }

    /** One that the specification describes and that has no effect here: 501 with the reason. */
    static Operation unsupported(int number, String method, String path, Access access, String name, String why) {
        return of(number, method, path, access, name, "Not supported: " + why, call -> {
            throw new ApiFailure(501, why);
        });
    }
}
