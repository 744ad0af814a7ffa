package io.fleetscale.control.oauthapp;

import io.fleetscale.control.tailnet.ResourceKind;
import java.time.Instant;

/**
 * A person's consent, until the app redeems it.
 *
 * @param mac of the code's secret part, hex
 */
record AuthorizationCode(String app, String redirectUri, long userId, String mac, Instant expires) {
    static final ResourceKind<AuthorizationCode> KIND = ResourceKind.of("auth-code", AuthorizationCode.class);

    @Override
    public String toString() {
        return "AuthorizationCode[" + app + "]";
    }
}
