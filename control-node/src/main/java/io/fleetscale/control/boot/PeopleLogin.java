package io.fleetscale.control.boot;

import io.fleetscale.config.OidcConfig;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.login.LoginPages;
import io.fleetscale.control.oidc.CheckLogins;
import io.fleetscale.control.oidc.Issuer;
import io.fleetscale.control.oidc.JdbcUsedStates;
import io.fleetscale.control.oidc.OidcRoutes;
import io.fleetscale.runtime.Lifecycle;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** How people answer for logins: at the configured issuer, or by an administrator's command. */
final class PeopleLogin {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    private final @Nullable OidcRoutes oidc;

    private PeopleLogin(@Nullable OidcRoutes oidc) {
        this.oidc = oidc;
    }

    static PeopleLogin start(
            Lifecycle lifecycle,
            OidcConfig config,
            String serverUrl,
            Storage storage,
            Features features,
            CheckLogins checks,
            InstantSource clock,
            SecureRandom random)
            throws Exception {
        if (!config.isEnabled()) {
            return new PeopleLogin(null);
        }
        Issuer issuer = new Issuer(config, serverUrl, clock);
        lifecycle.add("login at the issuer", issuer::start, issuer::close, STOP_LIMIT);
        lifecycle.start();
        return new PeopleLogin(new OidcRoutes(
                issuer,
                config,
                serverUrl,
                features.users(),
                features.logins(),
                features.approvals(),
                checks,
                new JdbcUsedStates(storage.database(), clock),
                storage.keys().secretMac(),
                clock,
                random));
    }

    void register(RouteTable.Builder routes) {
        if (oidc == null) {
            routes.get("/register/{id}", LoginPages::register).get("/auth/{id}", LoginPages::check);
        } else {
            oidc.register(routes, LoginPages::register, LoginPages::check);
        }
    }
}
