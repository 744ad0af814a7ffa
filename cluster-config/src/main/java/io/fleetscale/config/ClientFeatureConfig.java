package io.fleetscale.config;

/**
 * What clients are told about features of their own.
 *
 * @param logtail they may send their logs to Tailscale
 * @param taildrop nodes of one user may send files to each other
 * @param autoUpdate they are asked to update themselves unless their user decided otherwise
 */
public record ClientFeatureConfig(boolean logtail, boolean taildrop, boolean autoUpdate) {
    private static final ClientFeatureConfig DEFAULTS = new ClientFeatureConfig(false, true, false);

    public static ClientFeatureConfig defaults() {
        return DEFAULTS;
    }

    static ClientFeatureConfig read(Settings in) {
        return new ClientFeatureConfig(
                in.flag("logtail.enabled", DEFAULTS.logtail),
                in.flag("taildrop.enabled", DEFAULTS.taildrop),
                in.flag("auto_update.enabled", DEFAULTS.autoUpdate));
    }
}
