package io.fleetscale.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Choices of the administration API. */
public record ApiConfig(V1Errors v1Errors) {
    /** How {@code /api/v1} answers a refusal. */
    public enum V1Errors {
        /** HTTP 400 with the members of both headscale releases. */
        SUPERSET,
        /** HTTP 500, as headscale 0.29 answers. */
        HEADSCALE_0_29
    }

    private static final ApiConfig DEFAULTS = new ApiConfig(V1Errors.SUPERSET);

    public static ApiConfig defaults() {
        return DEFAULTS;
    }

    static ApiConfig read(Settings in) {
        Map<String, V1Errors> words = new LinkedHashMap<>();
        words.put("superset", V1Errors.SUPERSET);
        words.put("headscale-0.29", V1Errors.HEADSCALE_0_29);
        return new ApiConfig(
                in.choice("api.v1.errors", words, DEFAULTS.v1Errors, DEFAULTS.v1Errors, ConfigProblem.Severity.ERROR));
    }

    /** Nothing can be wrong with a choice: mistakes in its word are found while reading. */
    public List<ConfigProblem> validate() {
        return List.of();
    }
}
