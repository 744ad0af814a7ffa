package io.fleetscale.control.oauthapp;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an app asks a person for, by way of the person's browser. Pure. Source: RFC 6749 4.1.1, RFC 7636 4.3; tailscale-api-v2
 * 8.14.
 *
 * @param scope one of the app's
 * @param state for the app alone; absent: it sent none
 * @param challenge S256 of what the app shows when it redeems the code; empty: it shows nothing
 */
record ConsentRequest(
        String clientId,
        String redirectUri,
        String scope,
        @Nullable String state,
        String challenge) {
    /** With the rest it has to fit into a cookie. */
    private static final int MAX_LENGTH = 1_500;

    private static final int MAX_PARAMETERS = 64;
    private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");

    /** What became of a request. */
    sealed interface Reading {
        record Asked(ConsentRequest request, OAuthApp app) implements Reading {}

        /** The app is told, by way of the browser. */
        record Refused(String location) implements Reading {}

        /** Nobody is told anything but the person: who sends this is no app that is known here. */
        record Strange() implements Reading {}
    }

    /** @param apps by id */
    static Reading read(Map<String, List<String>> query, Function<String, @Nullable OAuthApp> apps) {
        String id = only(query, "client_id");
        String redirect = only(query, "redirect_uri");
        OAuthApp app = apps.apply(id);
        if (app == null || !app.redirectUris().contains(redirect)) {
            return new Reading.Strange();
        }
        List<String> states = query.getOrDefault("state", List.of());
        String state = states.isEmpty() ? null : states.getFirst();
        if (query.values().stream().anyMatch(values -> values.size() > 1)) {
            return refused(redirect, state, "invalid_request");
        }
        if (!only(query, "response_type").equals("code")) {
            return refused(redirect, state, "unsupported_response_type");
        }
        String scope = only(query, "scope");
        String wanted = scope.isEmpty() ? app.scopes().getFirst() : scope;
        if (!app.scopes().contains(wanted)) {
            return refused(redirect, state, "invalid_scope");
        }
        String challenge = only(query, "code_challenge");
        boolean challenged = !challenge.isEmpty() || query.containsKey("code_challenge_method");
        if (challenged
                && !(CHALLENGE.matcher(challenge).matches()
                        && only(query, "code_challenge_method").equals("S256"))) {
            return refused(redirect, state, "invalid_request");
        }
        ConsentRequest request = new ConsentRequest(id, redirect, wanted, state, challenge);
        return request.memo().length() > MAX_LENGTH
                ? refused(redirect, null, "invalid_request")
                : new Reading.Asked(request, app);
    }

    private static Reading refused(String redirect, @Nullable String state, String error) {
        return new Reading.Refused(location(redirect, "error=" + error, state));
    }

    /** All of it in one line; {@link #ofMemo} reads it. */
    String memo() {
        String text = "client_id=" + encoded(clientId) + "&redirect_uri=" + encoded(redirectUri) + "&scope="
                + encoded(scope) + "&response_type=code";
        return text
                + (state == null ? "" : "&state=" + encoded(state))
                + (challenge.isEmpty() ? "" : "&code_challenge_method=S256&code_challenge=" + challenge);
    }

    static Reading ofMemo(String memo, Function<String, @Nullable OAuthApp> apps) {
        return read(new QueryStringDecoder(memo, StandardCharsets.UTF_8, false, MAX_PARAMETERS).parameters(), apps);
    }

    /** Where the browser goes with the code. */
    String granted(String code) {
        return location(redirectUri, "code=" + encoded(code), state);
    }

    /** Where it goes when the person says no. */
    String denied() {
        return location(redirectUri, "error=access_denied", state);
    }

    /** Scheme, host and port that the browser goes to: what a page must allow its forms. */
    String origin() {
        URI uri = URI.create(redirectUri);
        return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
    }

    private static String location(String redirect, String parameters, @Nullable String state) {
        return redirect
                + (redirect.contains("?") ? "&" : "?")
                + parameters
                + (state == null ? "" : "&state=" + encoded(state));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String only(Map<String, List<String>> query, String name) {
        List<String> values = query.getOrDefault(name, List.of());
        return values.size() == 1 ? values.getFirst() : "";
    }

    @Override
    public String toString() {
        return "ConsentRequest[" + clientId + "]";
    }
}
