package io.fleetscale.control.boot;

import io.fleetscale.config.OidcConfig;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.login.LoginPages;
import io.fleetscale.control.oauthapp.ConsentRoutes;
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
    private final ConsentRoutes consents;

    private PeopleLogin(@Nullable OidcRoutes oidc, ConsentRoutes consents) {
        this.oidc = oidc;
        this.consents = consents;
    }

    static PeopleLogin start(
            Lifecycle lifecycle,
            OidcConfig config,
            String serverUrl,
            Storage storage,
            Features features,
            CheckLogins checks,
            ConsentRoutes consents,
            InstantSource clock,
            SecureRandom random)
            throws Exception {
        if (!config.isEnabled()) {
            return new PeopleLogin(null, consents);
        }
        Issuer issuer = new Issuer(config, serverUrl, clock);
        lifecycle.add("login at the issuer", issuer::start, issuer::close, STOP_LIMIT);
        lifecycle.start();
        OidcRoutes routes = new OidcRoutes(
                issuer,
                config,
                serverUrl,
                features.users(),
                features.logins(),
                features.approvals(),
                checks,
                consents::ask,
                new JdbcUsedStates(storage.database(), clock),
                storage.keys().secretMac(),
                clock,
                random);
        return new PeopleLogin(routes, consents);
    }

    void register(RouteTable.Builder routes) {
        if (oidc == null) {
            routes.get("/register/{id}", LoginPages::register).get("/auth/{id}", LoginPages::check);
        } else {
            oidc.register(routes, LoginPages::register, LoginPages::check);
        }
        consents.register(routes, oidc == null ? null : oidc::begin);
    }
}
