package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.trust.Created;
import io.fleetscale.control.trust.Credential;
import io.fleetscale.control.trust.Credentials;
import io.fleetscale.control.trust.Scopes;
import io.fleetscale.control.trust.TrustText;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The token endpoints; their errors have OAuth's form. Source: tailscale-api-v2 6.4, 6.6; RFC 6749. */
final class TokenRoutes {
    private static final int MAX_PARAMETERS = 64;

    private final Credentials credentials;
    private final Federation federation;
    private final AuthorizationCodes codes;

    TokenRoutes(Credentials credentials, Federation federation, AuthorizationCodes codes) {
        this.credentials = credentials;
        this.federation = federation;
        this.codes = codes;
    }

    /** A refusal in OAuth's form. */
    static final class OAuthFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int status;
        private final String error;

        OAuthFailure(int status, String error, String description) {
            super(description, null, false, false);
            this.status = status;
            this.error = error;
        }

        static OAuthFailure invalidClient() {
            return new OAuthFailure(401, "invalid_client", "unknown, revoked or wrong client credentials");
        }
    }

    /** Checks the identity tokens of other issuers. */
    @FunctionalInterface
    interface Federation {
        /** Whether the token fits the federated identity; the reason of a refusal is for the log alone. */
        boolean accepts(Credential identity, String jwt);
    }

    /** Exchanges the authorization codes of OAuth apps. */
    @FunctionalInterface
    interface AuthorizationCodes {
        /** The auth key that the code stands for; empty when code, app, redirect or verifier are wrong. */
        Optional<String> redeem(String clientId, String clientSecret, String code, String redirectUri, String verifier);
    }

    List<Operation> operations() {
        return List.of(
                Operation.of(
                        51,
                        "POST",
                        "/oauth/token",
                        Access.OPEN,
                        "createOAuthToken",
                        "Mint an access token for an OAuth client",
                        call -> answer(call, this::token)),
                Operation.of(
                        52,
                        "POST",
                        "/oauth/token-exchange",
                        Access.OPEN,
                        "exchangeToken",
                        "Mint an access token for an identity token of another issuer",
                        call -> answer(call, this::exchange)));
    }

    @FunctionalInterface
    private interface Grant {
        HttpReply grant(ApiCall call, Map<String, String> form, @Nullable String basicUser, String basicPassword);
    }

    private static HttpReply answer(ApiCall call, Grant grant) {
        String basicUser = null;
        String basicPassword = "";
        String authorization = call.http().header("Authorization").orElse("");
        if (authorization.toLowerCase(Locale.ROOT).startsWith("basic ")) {
            String[] parts =
                    decoded(authorization.substring("basic ".length()).strip()).split(":", 2);
            basicUser = unescaped(parts[0]);
            basicPassword = parts.length > 1 ? unescaped(parts[1]) : "";
        }
        try {
            return grant.grant(call, form(call), basicUser, basicPassword);
        } catch (OAuthFailure failure) {
            ObjectNode body = Replies.object()
                    .put("error", failure.error)
                    .put("error_description", String.valueOf(failure.getMessage()));
            HttpReply reply = Replies.json(failure.status, body).withHeader("Cache-Control", "no-store");
            return failure.status == 401 && basicUser != null
                    ? reply.withHeader("WWW-Authenticate", "Basic realm=\"fleetscale\"")
                    : reply;
        }
    }

    private static Map<String, String> form(ApiCall call) {
        String type = call.http().header("Content-Type").orElse("");
        if (!type.isEmpty() && !type.toLowerCase(Locale.ROOT).startsWith("application/x-www-form-urlencoded")) {
            throw new OAuthFailure(400, "invalid_request", "the body must be a form");
        }
        Map<String, List<String>> all = new QueryStringDecoder(
                        call.http().bodyText(), StandardCharsets.UTF_8, false, MAX_PARAMETERS)
                .parameters();
        Map<String, String> form = new LinkedHashMap<>();
        all.forEach((name, values) -> {
            if (values.size() > 1) {
                throw new OAuthFailure(400, "invalid_request", "a field of the form is repeated");
            }
            form.put(name, values.getFirst());
        });
        return form;
    }

    private HttpReply token(ApiCall call, Map<String, String> form, @Nullable String basicUser, String basicPassword) {
        String secret = form.getOrDefault("client_secret", basicPassword);
        return switch (form.getOrDefault("grant_type", "client_credentials")) {
            case "client_credentials", "" -> clientCredentials(call, form, secret);
            case "authorization_code" -> {
                String client = form.getOrDefault("client_id", basicUser == null ? "" : basicUser);
                Actor actor = new Actor(
                        client,
                        Actor.Type.OAUTH_CLIENT,
                        "",
                        client,
                        List.of(),
                        Actor.Origin.CONFIG_API,
                        "tailscale",
                        "");
                String key = actor.<Optional<String>, RuntimeException>call(() -> codes.redeem(
                                client,
                                secret,
                                form.getOrDefault("code", ""),
                                form.getOrDefault("redirect_uri", ""),
                                form.getOrDefault("code_verifier", "")))
                        .orElseThrow(() -> new OAuthFailure(
                                400,
                                "invalid_grant",
                                "the code is wrong, was used, is over, or belongs to another app"));
                ObjectNode body = Replies.object()
                        .put("access_token", key)
                        .put("token_type", "Bearer")
                        .put("expires_in", 3600)
                        .put("scope", "auth_keys:create:once");
                yield Replies.ok(body).withHeader("Cache-Control", "no-store");
            }
            default ->
                throw new OAuthFailure(
                        400, "unsupported_grant_type", "grant_type must be client_credentials or authorization_code");
        };
    }

    /** The client is found by the secret alone: {@code tailscale up} sends a client_id that means nothing. */
    private HttpReply clientCredentials(ApiCall call, Map<String, String> form, String secret) {
        Created client = credentials.verify(call.image(), TrustText.CLIENT, secret);
        if (client == null || !client.credential().isValidAt(call.now())) {
            throw OAuthFailure.invalidClient();
        }
        return mint(client.id(), client.credential(), form);
    }

    private HttpReply mint(String id, Credential trust, Map<String, String> form) {
        List<String> scopes = words(form.getOrDefault("scope", ""));
        if (scopes.isEmpty()) {
            scopes = trust.scopes();
        } else {
            try {
                scopes = Scopes.normalise(scopes);
            } catch (ControlException unknown) {
                throw new OAuthFailure(400, "invalid_scope", unknown.detail());
            }
            if (!Scopes.coverAll(trust.scopes(), scopes)) {
                throw new OAuthFailure(400, "invalid_scope", "a scope is not covered by the client");
            }
        }
        List<String> tags = words(form.getOrDefault("tags", ""));
        if (!trust.tags().containsAll(tags)) {
            throw new OAuthFailure(400, "invalid_target", "a tag is not covered by the client");
        }
        List<String> granted = scopes;
        List<String> tagged = tags.isEmpty() ? trust.tags() : tags;
        Actor actor =
                new Actor(id, Actor.Type.OAUTH_CLIENT, "", id, trust.tags(), Actor.Origin.CONFIG_API, "tailscale", "");
        Created minted;
        try {
            minted = actor.<Created, RuntimeException>call(() -> ApiCall.await(credentials.mint(id, granted, tagged)));
        } catch (ControlException e) {
            if (e.code() == ErrorCode.UNAUTHENTICATED) {
                throw OAuthFailure.invalidClient();
            }
            throw e;
        }
        ObjectNode body = Replies.object()
                .put("access_token", minted.text())
                .put("token_type", "Bearer")
                .put("expires_in", Credentials.MINTED_LIFE.toSeconds())
                .put("scope", String.join(" ", granted));
        return Replies.ok(body).withHeader("Cache-Control", "no-store");
    }

    /** One text for every cause: what a caller may not know stays in the log. */
    private HttpReply exchange(
            ApiCall call, Map<String, String> form, @Nullable String basicUser, String basicPassword) {
        String id = form.getOrDefault("client_id", basicUser == null ? "" : basicUser);
        int attributes = id.indexOf('?');
        id = attributes < 0 ? id : id.substring(0, attributes);
        Credential identity = Credential.KIND.find(call.image(), id);
        boolean valid = identity != null
                && identity.type() == Credential.Type.FEDERATED_IDENTITY
                && identity.isValidAt(call.now())
                && federation.accepts(identity, form.getOrDefault("jwt", ""));
        if (!valid || identity == null) {
            throw OAuthFailure.invalidClient();
        }
        return mint(id, identity, form);
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }

    private static String decoded(String base64) {
        try {
            return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return "";
        }
    }

    /** Go's library escapes both parts of Basic. */
    private static String unescaped(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return text;
        }
    }
}
