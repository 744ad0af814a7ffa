package io.fleetscale.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Choices of the administration API.
 *
 * @param allowPrivateDestinations whether webhooks, log streams and issuers may lie in private networks and speak plain HTTP
 * @param clientAttributes whether clients may set posture attributes of their own node
 * @param allowedOrigins pages of these origins ({@code https://ui.example.com}) may call it from a browser
 */
public record ApiConfig(
        V1Errors v1Errors, List<String> allowedOrigins, boolean allowPrivateDestinations, boolean clientAttributes) {
    /** How {@code /api/v1} and gRPC answer a refusal. */
    public enum V1Errors {
        /** With the status that says most, and the members of both headscale releases. */
        SUPERSET,
        /** HTTP 500 or gRPC's UNKNOWN for most, as headscale 0.29 answers. */
        HEADSCALE_0_29
    }

    private static final String ALLOWED_ORIGINS = "api.allowed_origins";
    private static final ApiConfig DEFAULTS = new ApiConfig(V1Errors.SUPERSET, List.of(), false, false);

    public ApiConfig {
        allowedOrigins = List.copyOf(allowedOrigins);
    }

    public static ApiConfig defaults() {
        return DEFAULTS;
    }

    static ApiConfig read(Settings in) {
        Map<String, V1Errors> words = new LinkedHashMap<>();
        words.put("superset", V1Errors.SUPERSET);
        words.put("headscale-0.29", V1Errors.HEADSCALE_0_29);
        return new ApiConfig(
                in.choice("api.v1.errors", words, DEFAULTS.v1Errors, DEFAULTS.v1Errors, ConfigProblem.Severity.ERROR),
                in.texts(ALLOWED_ORIGINS, DEFAULTS.allowedOrigins).stream()
                        .map(origin -> origin.toLowerCase(Locale.ROOT))
                        .toList(),
                in.flag("api.allow_private_destinations", DEFAULTS.allowPrivateDestinations),
                in.flag("api.client_attributes", DEFAULTS.clientAttributes));
    }

    /** The same for a server whose receivers may lie in private networks. */
    public ApiConfig allowingPrivateDestinations() {
        return new ApiConfig(v1Errors, allowedOrigins, true, clientAttributes);
    }

    /** Everything that is wrong with these values on their own; mistakes in words are found while reading. */
    public List<ConfigProblem> validate() {
        return allowedOrigins.stream()
                .filter(origin -> !isOrigin(origin))
                .map(origin -> ConfigProblem.error(
                        ALLOWED_ORIGINS,
                        origin,
                        "is no origin",
                        "write scheme and host, with a port if it is not the usual one: https://ui.example.com"))
                .toList();
    }

    /** What browsers send: scheme, host and port, nothing behind it. */
    private static boolean isOrigin(String text) {
        try {
            URI uri = new URI(text);
            String scheme = uri.getScheme();
            return ("https".equals(scheme) || "http".equals(scheme))
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && text.equals(scheme + "://" + uri.getRawAuthority());
        } catch (URISyntaxException malformed) {
            return false;
        }
    }
}
