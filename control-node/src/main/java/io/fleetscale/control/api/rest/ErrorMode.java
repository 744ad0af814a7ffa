package io.fleetscale.control.api.rest;

/** What errors of {@code /api/v1} look like ({@code api.v1.errors}). */
public enum ErrorMode {
    /** Members of both headscale generations; refusals are HTTP 400, a wrong method is 405. */
    SUPERSET("superset"),
    /** Exactly what 0.29 sends: refusals are HTTP 500, a wrong method is 501. */
    HEADSCALE_0_29("headscale-0.29");

    private final String configName;

    ErrorMode(String configName) {
        this.configName = configName;
    }

    /** The word in the configuration file. */
    public String configName() {
        return configName;
    }
}
