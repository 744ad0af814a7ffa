package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.api.registry.CredentialKind;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.preauthkey.CreatedPreAuthKey;
import io.fleetscale.control.preauthkey.NewPreAuthKey;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.trust.Created;
import io.fleetscale.control.trust.Credential;
import io.fleetscale.control.trust.Credentials;
import io.fleetscale.control.trust.NewTrust;
import io.fleetscale.control.trust.Scopes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Auth keys, access tokens and trust credentials. Source: tailscale-api-v2 7.5, 8.5. */
final class KeyRoutes {
    private static final String KEYS = "t/keys";
    private static final String KEY = "t/keys/{keyId}";
    private static final long MAX_SECONDS = Duration.ofDays(90).toSeconds();
    private static final long DAY_SECONDS = Duration.ofDays(1).toSeconds();

    private final PreAuthKeys authKeys;
    private final Credentials credentials;
    private final TagOwners tagOwners;

    KeyRoutes(PreAuthKeys authKeys, Credentials credentials, TagOwners tagOwners) {
        this.authKeys = authKeys;
        this.credentials = credentials;
        this.tagOwners = tagOwners;
    }

    List<Operation> operations() {
        return List.of(
                Operation.of(
                        46,
                        "GET",
                        KEYS,
                        Access.anyOf(
                                "auth_keys:read", "oauth_keys:read", "federated_keys:read", "api_access_tokens:read"),
                        "listTailnetKeys",
                        "List the keys that are in force",
                        this::list),
                Operation.of(
                        47,
                        "POST",
                        KEYS,
                        Access.anyOf("auth_keys", "oauth_keys", "federated_keys"),
                        "createKey",
                        "Create an auth key or a trust credential",
                        this::create),
                Operation.of(
                        48, "GET", KEY, Access.ANY_CREDENTIAL, "getKey", "Show a key, whatever its state", this::get),
                Operation.of(
                        49,
                        "PUT",
                        KEY,
                        Access.anyOf("oauth_keys", "federated_keys"),
                        "setKey",
                        "Replace what a trust credential may do",
                        this::update),
                Operation.of(
                        50,
                        "DELETE",
                        KEY,
                        Access.anyOf("auth_keys", "oauth_keys", "federated_keys", "api_access_tokens"),
                        "deleteKey",
                        "Revoke a key",
                        this::delete));
    }

    // ---- reading ----

    private HttpReply list(ApiCall call) {
        Caller caller = call.caller();
        boolean all = call.query("all").filter("true"::equals).isPresent()
                || caller.kind() == CredentialKind.HEADSCALE_API_KEY;
        Instant now = call.now();
        ArrayNode keys = Replies.array();
        boolean ofPerson = caller.isPerson();
        if (caller.has("auth_keys:read") && (all || ofPerson)) {
            for (PreAuthKey key : call.image().preAuthKeys().values()) {
                boolean own = caller.userId() != null && caller.userId().equals(key.userId());
                if (isValid(key, now) && (all || own)) {
                    keys.add(json(key, now));
                }
            }
        }
        Credential.KIND.all(call.image()).forEach((id, credential) -> {
            boolean wanted = all
                    || switch (credential.type()) {
                        case ACCESS_TOKEN ->
                            ofPerson
                                    && caller.userId() != null
                                    && caller.userId().value() == credential.userId();
                        case OAUTH_CLIENT -> !ofPerson;
                        case FEDERATED_IDENTITY -> !ofPerson;
                        case OAUTH_TOKEN -> false;
                    };
            if (wanted && credential.isValidAt(now) && caller.has(scopeOf(credential) + ":read")) {
                keys.add(json(id, credential, now, ""));
            }
        });
        ObjectNode body = Replies.object();
        body.set("keys", keys);
        return Replies.ok(body);
    }

    private HttpReply get(ApiCall call) {
        String id = call.variable("keyId");
        Caller caller = call.caller();
        PreAuthKey key = call.image().preAuthKeyByPrefix(id);
        if (key != null) {
            caller.require("auth_keys:read");
            return Replies.ok(json(key, call.now()));
        }
        Credential credential = Credentials.find(call.image(), id);
        boolean own = id.equals(caller.credential()) || id.equals(caller.parent());
        if (credential == null) {
            if (!own) {
                requireAnyKeyScope(caller);
            }
            throw ApiFailure.notFound("key");
        }
        if (!own) {
            caller.require(scopeOf(credential) + ":read");
        }
        return Replies.ok(json(id, credential, call.now(), ""));
    }

    private static void requireAnyKeyScope(Caller caller) {
        boolean any =
                List.of("auth_keys:read", "oauth_keys:read", "federated_keys:read", "api_access_tokens:read").stream()
                        .anyMatch(caller::has);
        if (!any) {
            throw ApiFailure.missingScope("auth_keys:read");
        }
    }

    private static String scopeOf(Credential credential) {
        return switch (credential.type()) {
            case ACCESS_TOKEN, OAUTH_TOKEN -> "api_access_tokens";
            case OAUTH_CLIENT -> "oauth_keys";
            case FEDERATED_IDENTITY -> "federated_keys";
        };
    }

    // ---- writing ----

    private HttpReply create(ApiCall call) {
        Body body = call.body();
        return switch (body.textOr("keyType", "auth")) {
            case "auth", "" -> createAuthKey(call, body);
            case "client" -> createTrust(call, body, Credential.Type.OAUTH_CLIENT);
            case "federated" -> createTrust(call, body, Credential.Type.FEDERATED_IDENTITY);
            case "api" -> createAccessToken(call, body);
            default -> throw ApiFailure.badRequest("keyType: must be auth, client or federated");
        };
    }

    private HttpReply createAuthKey(ApiCall call, Body body) {
        Caller caller = call.caller();
        caller.require("auth_keys");
        Body devices = body.child("capabilities")
                .flatMap(capabilities -> capabilities.child("devices"))
                .orElseThrow(() -> ApiFailure.badRequest("capabilities.devices: is required"));
        Optional<Body> create = devices.child("create");
        List<String> tags = create.map(given -> given.texts("tags")).orElse(List.of());
        long seconds = body.integer("expirySeconds").orElse(0L);
        if (seconds < 0 || seconds > MAX_SECONDS) {
            throw ApiFailure.badRequest("expirySeconds " + seconds + ": must be 1 to " + MAX_SECONDS + " (90 days)");
        }
        String description = body.textOr("description", "");
        Credentials.checkDescription(description);
        if (caller.isTrustCredential() && tags.isEmpty()) {
            throw ApiFailure.badRequest("tags: a key that a trust credential makes must have at least one");
        }
        for (String tag : tags) {
            if (!tagOwners.exists(call.image(), tag)) {
                throw ApiFailure.badRequest("tag \"" + tag + "\" is not defined by the policy's tagOwners");
            }
        }
        UserId owner = caller.isTrustCredential() ? null : caller.userId();
        if (owner == null && tags.isEmpty()) {
            throw ApiFailure.badRequest("tags: a key without an owner must have at least one;"
                    + " make a user the owner of the tailnet, or use an access token");
        }
        NewPreAuthKey wanted =
                new NewPreAuthKey(owner, flag(create, "reusable"), flag(create, "ephemeral"), null, tags);
        PreAuthKey.Terms terms = new PreAuthKey.Terms(
                description,
                !flag(create, "preauthorized"),
                null,
                caller.isTrustCredential() ? caller.parent() : "",
                List.of(),
                true);
        CreatedPreAuthKey created = ApiCall.await(authKeys.createForTailnet(
                wanted,
                terms,
                Duration.ofSeconds(seconds == 0 ? MAX_SECONDS : seconds),
                caller.assignable(call.image(), tagOwners)));
        ObjectNode json = json(created.key(), call.now());
        json.put("key", created.text());
        return secret(json);
    }

    private static boolean flag(Optional<Body> body, String name) {
        return body.map(given -> given.flagOr(name, false)).orElse(false);
    }

    private static HttpReply secret(ObjectNode json) {
        return Replies.ok(json).withHeader("Cache-Control", "no-store");
    }

    private HttpReply createTrust(ApiCall call, Body body, Credential.Type type) {
        NewTrust wanted = trust(call, body, type);
        Created created = ApiCall.await(credentials.createTrust(wanted));
        return secret(json(created.id(), created.credential(), call.now(), created.text()));
    }

    private static NewTrust trust(ApiCall call, Body body, Credential.Type type) {
        Caller caller = call.caller();
        caller.require(type == Credential.Type.OAUTH_CLIENT ? "oauth_keys" : "federated_keys");
        List<String> scopes = Scopes.normalise(body.texts("scopes"));
        List<String> tags = body.texts("tags");
        boolean stronger = !Scopes.coverAll(caller.scopes(), scopes)
                || caller.isTrustCredential()
                        && !caller.scopes().contains(Scopes.ALL)
                        && !caller.tags().containsAll(tags);
        if (stronger) {
            throw new ApiFailure(403, "scopes and tags must not exceed those of the credential that grants them");
        }
        UserId user = caller.isTrustCredential() ? null : caller.userId();
        return new NewTrust(
                type,
                user == null ? 0 : user.value(),
                body.textOr("description", ""),
                scopes,
                tags,
                body.textOr("issuer", ""),
                body.textOr("subject", ""),
                body.textOr("audience", ""),
                body.textMap("customClaimRules"));
    }

    /** For a person's session and headscale's keys alone: a token must not prolong itself. */
    private HttpReply createAccessToken(ApiCall call, Body body) {
        Caller caller = call.caller();
        long seconds = body.integer("expirySeconds").orElse(0L);
        if (caller.kind() != CredentialKind.HEADSCALE_API_KEY || seconds % DAY_SECONDS != 0 || seconds == 0) {
            throw ApiFailure.badRequest("keyType api: access tokens are made with `fleetscale tokens create`,"
                    + " or with a headscale API key and expirySeconds of 1 to 90 whole days");
        }
        UserId user = body.text("userId")
                .filter(text -> text.matches("[0-9]{1,16}"))
                .map(text -> new UserId(Long.parseLong(text)))
                .or(caller::user)
                .orElseThrow(() -> ApiFailure.badRequest("userId: is required, the tailnet has no owner"));
        Created created = ApiCall.await(
                credentials.createAccessToken(user, seconds / DAY_SECONDS, body.textOr("description", "")));
        return secret(json(created.id(), created.credential(), call.now(), created.text()));
    }

    private HttpReply update(ApiCall call) {
        String id = call.variable("keyId");
        Body body = call.body();
        if (call.image().preAuthKeyByPrefix(id) != null) {
            throw ApiFailure.badRequest("key " + id + ": an auth key cannot be changed");
        }
        Credential old = Credentials.find(call.image(), id);
        if (old == null) {
            throw ApiFailure.notFound("key");
        }
        String expected = typeOf(old);
        boolean trust = old.type() == Credential.Type.OAUTH_CLIENT || old.type() == Credential.Type.FEDERATED_IDENTITY;
        if (!trust || !body.textOr("keyType", expected).equals(expected)) {
            throw ApiFailure.badRequest("key " + id + " is of type " + expected + ", which cannot be changed so");
        }
        Created updated = ApiCall.await(credentials.updateTrust(id, trust(call, body, old.type())));
        return Replies.ok(json(id, updated.credential(), call.now(), ""));
    }

    private HttpReply delete(ApiCall call) {
        String id = call.variable("keyId");
        Caller caller = call.caller();
        PreAuthKey key = call.image().preAuthKeyByPrefix(id);
        if (key != null) {
            caller.require("auth_keys");
            Optional<PreAuthKey> unused = ApiCall.await(authKeys.revoke(key.id()));
            return Replies.done();
        }
        Credential credential = Credentials.find(call.image(), id);
        if (credential == null) {
            throw ApiFailure.notFound("key");
        }
        caller.require(scopeOf(credential));
        String by = caller.actor(call.image(), "").id();
        Optional<Credential> unused = ApiCall.await(credentials.revoke(id, by));
        return Replies.done();
    }

    // ---- as JSON ----

    private static boolean isValid(PreAuthKey key, Instant now) {
        return key.terms().revokedAt() == null && !key.isExpired(now) && !(key.used() && !key.reusable());
    }

    private static ObjectNode json(PreAuthKey key, Instant now) {
        ObjectNode json = Replies.object()
                .put("id", key.prefix())
                .put("keyType", "auth")
                .put("description", key.terms().description())
                .put("created", Replies.time(key.createdAt()));
        if (!key.neverExpires()) {
            json.put("expires", Replies.time(key.expiration()));
            json.put(
                    "expirySeconds",
                    Duration.between(key.createdAt(), key.expiration()).toSeconds());
        }
        Instant revokedAt = key.terms().revokedAt();
        if (revokedAt != null) {
            json.put("revoked", Replies.time(revokedAt));
        }
        if (!isValid(key, now)) {
            json.put("invalid", true);
        }
        ObjectNode create = json.putObject("capabilities").putObject("devices").putObject("create");
        create.put("reusable", key.reusable());
        create.put("ephemeral", key.ephemeral());
        create.put("preauthorized", !key.terms().needsApproval());
        create.set("tags", Replies.array(key.tags()));
        key.user().ifPresent(user -> json.put("userId", user.toString()));
        return json;
    }

    private static String typeOf(Credential credential) {
        return switch (credential.type()) {
            case ACCESS_TOKEN, OAUTH_TOKEN -> "api";
            case OAUTH_CLIENT -> "client";
            case FEDERATED_IDENTITY -> "federated";
        };
    }

    private static void time(ObjectNode json, String name, @Nullable Instant instant) {
        if (instant != null) {
            json.put(name, Replies.time(instant));
        }
    }

    /** @param text of a new one, else empty */
    static ObjectNode json(String id, Credential credential, Instant now, String text) {
        ObjectNode json = Replies.object()
                .put("id", id)
                .put("keyType", typeOf(credential))
                .put("description", credential.description())
                .put("created", Replies.time(credential.created()));
        if (!text.isEmpty()) {
            json.put("key", text);
        }
        time(json, "updated", credential.updated());
        time(json, "expires", credential.expires());
        time(json, "revoked", credential.revoked());
        if (!credential.isValidAt(now)) {
            json.put("invalid", true);
        }
        if (!credential.scopes().isEmpty()) {
            json.set("scopes", Replies.array(credential.scopes()));
        }
        if (!credential.tags().isEmpty()) {
            json.set("tags", Replies.array(credential.tags()));
        }
        if (credential.userId() != 0) {
            json.put("userId", Long.toString(credential.userId()));
        }
        if (credential.type() == Credential.Type.FEDERATED_IDENTITY) {
            json.put("issuer", credential.issuer())
                    .put("subject", credential.subject())
                    .put("audience", credential.audience());
            ObjectNode rules = json.putObject("customClaimRules");
            credential.claimRules().forEach(rules::put);
        }
        return json;
    }
}
