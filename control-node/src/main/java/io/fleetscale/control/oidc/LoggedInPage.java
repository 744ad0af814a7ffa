package io.fleetscale.control.oidc;

import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.tailnet.User;

/** What a person sees who logged in for a page of another feature. Thread-safe; may block. */
@FunctionalInterface
public interface LoggedInPage {
    /**
     * @param call the return from the issuer
     * @param memo what the feature wanted to be remembered
     */
    HttpReply show(HttpCall call, User user, String memo);
}
