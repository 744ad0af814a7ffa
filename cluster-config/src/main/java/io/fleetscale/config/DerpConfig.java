package io.fleetscale.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the DERP map comes from.
 *
 * @param relay the relay inside this program
 * @param urls DERP maps in JSON
 * @param paths DERP maps in YAML files
 * @param relayTokenPath file of the secrets with which relays register; null: none can
 * @param autoUpdate read them again every {@code updateFrequency}
 */
public record DerpConfig(
        RelayConfig relay,
        List<URI> urls,
        List<Path> paths,
        boolean autoUpdate,
        Duration updateFrequency,
        @Nullable Path relayTokenPath) {
    private static final DerpConfig DEFAULTS =
            new DerpConfig(RelayConfig.defaults(), List.of(), List.of(), false, Duration.ofHours(3), null);

    public DerpConfig {
        urls = List.copyOf(urls);
        paths = List.copyOf(paths);
    }

    public static DerpConfig defaults() {
        return DEFAULTS;
    }

    /** A DERP map that holds only the region of the relay in this program. */
    public static DerpConfig of(RelayConfig relay) {
        return new DerpConfig(relay, List.of(), List.of(), false, DEFAULTS.updateFrequency, null);
    }

    public DerpConfig withRelayTokenPath(Path file) {
        return new DerpConfig(relay, urls, paths, autoUpdate, updateFrequency, file);
    }

    static DerpConfig read(Settings in) {
        List<URI> urls = new ArrayList<>();
        for (String text : in.texts("derp.urls", List.of())) {
            if (isHttp(text)) {
                urls.add(URI.create(text));
            } else {
                in.report(ConfigProblem.warning(
                        "derp.urls", text, "not an http or https URL, so it is skipped", "write https://host/path"));
            }
        }
        return new DerpConfig(
                RelayConfig.read(in),
                urls,
                in.paths("derp.paths", DEFAULTS.paths),
                in.flag("derp.auto_update_enabled", DEFAULTS.autoUpdate),
                in.duration("derp.update_frequency", DEFAULTS.updateFrequency),
                in.path("relays.token_path", DEFAULTS.relayTokenPath));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>(relay.validate());
        if (relay.enabled() && !relay.addsRegion() && paths.isEmpty()) {
            problems.add(ConfigProblem.error(
                    "derp.server.automatically_add_embedded_derp_region",
                    "false",
                    "then the region has to be described elsewhere, and derp.paths is empty",
                    "write derp.paths with a file that describes the region, or true"));
        }
        boolean ownRegion = relay.enabled() && relay.addsRegion();
        if (!ownRegion && urls.isEmpty() && paths.isEmpty() && relayTokenPath == null) {
            problems.add(ConfigProblem.error(
                    "derp.urls",
                    null,
                    "the DERP map would be empty, and clients need at least one region",
                    "set derp.server.enabled: true, or give derp.urls or derp.paths"));
        }
        if (autoUpdate && (updateFrequency.isNegative() || updateFrequency.isZero())) {
            problems.add(ConfigProblem.error(
                    "derp.update_frequency",
                    GoDuration.format(updateFrequency),
                    "must be above 0 while derp.auto_update_enabled is true",
                    "write a duration, such as 3h"));
        }
        return problems;
    }

    private static boolean isHttp(String text) {
        try {
            URI uri = new URI(text);
            return uri.getHost() != null && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()));
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
