package io.fleetscale.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Login through an OpenID Connect issuer.
 *
 * @param issuer empty means off; compared with what tokens say character by character
 * @param onlyStartIfAvailable do not start while the issuer cannot be reached
 * @param clientSecretPath a file with the client secret; null when there is none
 * @param extraParams parameters for the authorisation URL, names in lower case
 * @param allowed who may log in
 * @param caPath PEM certificates to trust at the issuer instead of the system's; null for the system's
 * @param groupsClaim the claim that names a person's groups
 */
public record OidcConfig(
        String issuer,
        boolean onlyStartIfAvailable,
        String clientId,
        Secret clientSecret,
        @Nullable Path clientSecretPath,
        List<String> scopes,
        Map<String, String> extraParams,
        Allowed allowed,
        boolean emailVerifiedRequired,
        boolean useExpiryFromToken,
        Pkce pkce,
        @Nullable Path caPath,
        String groupsClaim) {
    /** Who may log in; empty lists allow everybody. */
    public record Allowed(List<String> domains, List<String> users, List<String> groups) {
        public Allowed {
            domains = List.copyOf(domains);
            users = List.copyOf(users);
            groups = List.copyOf(groups);
        }
    }

    /** Proof keys for the code exchange. */
    public enum Pkce {
        OFF,
        PLAIN,
        S256
    }

    private static final OidcConfig DEFAULTS = new OidcConfig(
            "",
            true,
            "",
            Secret.EMPTY,
            null,
            List.of("openid", "profile", "email"),
            Map.of(),
            new Allowed(List.of(), List.of(), List.of()),
            true,
            false,
            Pkce.OFF,
            null,
            "groups");

    public OidcConfig {
        scopes = List.copyOf(scopes);
        extraParams = Collections.unmodifiableMap(new LinkedHashMap<>(extraParams));
    }

    public static OidcConfig defaults() {
        return DEFAULTS;
    }

    public boolean isEnabled() {
        return !issuer.isEmpty();
    }

    static OidcConfig read(Settings in) {
        Map<String, Pkce> methods = new LinkedHashMap<>();
        methods.put("S256", Pkce.S256);
        methods.put("plain", Pkce.PLAIN);
        Pkce method = in.choice("oidc.pkce.method", methods, Pkce.S256, Pkce.S256, ConfigProblem.Severity.ERROR);
        return new OidcConfig(
                in.text("oidc.issuer", DEFAULTS.issuer),
                in.flag("oidc.only_start_if_oidc_is_available", DEFAULTS.onlyStartIfAvailable),
                in.text("oidc.client_id", DEFAULTS.clientId),
                in.secret("oidc.client_secret", DEFAULTS.clientSecret),
                in.expandedPath("oidc.client_secret_path", DEFAULTS.clientSecretPath),
                in.texts("oidc.scope", DEFAULTS.scopes),
                in.textMap("oidc.extra_params", DEFAULTS.extraParams),
                new Allowed(
                        in.texts("oidc.allowed_domains", DEFAULTS.allowed.domains()),
                        in.texts("oidc.allowed_users", DEFAULTS.allowed.users()),
                        in.texts("oidc.allowed_groups", DEFAULTS.allowed.groups())),
                in.flag("oidc.email_verified_required", DEFAULTS.emailVerifiedRequired),
                in.flag("oidc.use_expiry_from_token", DEFAULTS.useExpiryFromToken),
                in.flag("oidc.pkce.enabled", false) ? method : Pkce.OFF,
                in.path("oidc.ca_path", DEFAULTS.caPath),
                in.text("oidc.groups_claim", DEFAULTS.groupsClaim));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (!clientSecret.isEmpty() && clientSecretPath != null) {
            problems.add(ConfigProblem.error(
                    "oidc.client_secret_path",
                    clientSecretPath.toString(),
                    "oidc.client_secret and oidc.client_secret_path are mutually exclusive",
                    "keep one of the two"));
        }
        if (!isEnabled()) {
            return problems;
        }
        if (!issuer.startsWith("https://") && !issuer.startsWith("http://")) {
            problems.add(ConfigProblem.error(
                    "oidc.issuer", issuer, "oidc.issuer must be a valid http(s) URL", "write https://issuer"));
        }
        if (clientId.isEmpty()) {
            problems.add(ConfigProblem.error(
                    "oidc.client_id",
                    null,
                    "oidc.client_id is required when oidc.issuer is set",
                    "write the client id that the issuer gave"));
        }
        if (clientSecret.isEmpty() && clientSecretPath == null) {
            problems.add(ConfigProblem.error(
                    "oidc.client_secret",
                    null,
                    "oidc.client_secret or oidc.client_secret_path is required when oidc.issuer is set",
                    "write the path of a file that holds the secret"));
        }
        if (!scopes.contains("openid")) {
            problems.add(ConfigProblem.error(
                    "oidc.scope",
                    scopes.toString(),
                    "lacks openid, without which the issuer says nothing about who logs in",
                    "add openid"));
        }
        if (groupsClaim.isEmpty()) {
            problems.add(ConfigProblem.error(
                    "oidc.groups_claim", "", "names no claim", "write the claim of the groups, usually groups"));
        }
        return problems;
    }
}
