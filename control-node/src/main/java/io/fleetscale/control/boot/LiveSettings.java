package io.fleetscale.control.boot;

import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.derpmap.DerpMapSettings;
import io.fleetscale.control.derpmap.DerpMaps;
import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.dns.ExtraRecordsFile;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.runtime.Reloads;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.DerpMap;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The settings of the tailnet as this instance has them now: those of its configuration, with the DERP map and the file of
 * extra records in their latest state. Thread-safe.
 */
final class LiveSettings {
    private static final int HTTPS_PORT = 443;

    private final ServerConfig config;
    private final @Nullable ExtraRecordsFile extraRecordsFile;
    private volatile Map<String, String> settings = Map.of();

    LiveSettings(ServerConfig config) {
        this.config = config;
        Path extraRecords = config.dns().extraRecordsPath();
        this.extraRecordsFile = extraRecords == null ? null : new ExtraRecordsFile(extraRecords);
    }

    /**
     * Reads everything for the first time.
     *
     * @param stored the DERP map of the tailnet, for what cannot be loaded now
     * @throws Exception with a message for people
     */
    void load(DerpMaps derpMaps, DerpMap stored) throws Exception {
        if (extraRecordsFile != null) {
            extraRecordsFile.load();
        }
        settings = ConfiguredSettings.of(config, extraRecords());
        setDerpMap(derpMaps.load(stored).map());
    }

    /** The settings by name, with what the file of extra records says now. */
    Map<String, String> now() {
        if (extraRecordsFile != null) {
            set(
                    Setting.DNS,
                    ConfiguredSettings.dns(config.dns(), extraRecords()).toJson());
        }
        return settings;
    }

    /** Adds what can be read again; the singleton brings it to the tailnet in its next round. */
    void addTo(Reloads reloads, DerpMaps derpMaps, Supplier<DerpMap> stored) {
        reloads.add("DERP map", () -> {
            DerpMap before = stored.get();
            DerpMap now = derpMaps.load(before).map();
            setDerpMap(now);
            return !now.equals(before);
        });
        ExtraRecordsFile file = extraRecordsFile;
        if (file != null) {
            reloads.add("extra DNS records", file::reload);
        }
    }

    void setDerpMap(DerpMap map) {
        set(Setting.DERP_MAP, new DerpMapSettings(map).toJson());
    }

    /** The DERP map of the tailnet as the log has it; empty before the first import. */
    static DerpMap storedDerpMap(TailnetImage image) {
        return DerpMapSettings.stored(image);
    }

    /**
     * The sources of the DERP map.
     *
     * @param derp null: no embedded relay
     * @param control where the main listener is bound
     * @param pinned whether the relay presents its self-signed certificate
     */
    DerpMaps derpMaps(@Nullable EmbeddedDerp derp, InetSocketAddress control, boolean pinned) {
        DerpMap.Region region = null;
        if (derp != null && config.derp().relay().addsRegion()) {
            URI url = URI.create(config.listen().serverUrlBase());
            int standard = url.getScheme().equals("https") ? HTTPS_PORT : control.getPort();
            region = derp.region(config.listen().serverHost(), url.getPort() == -1 ? standard : url.getPort(), pinned);
        }
        HttpClient http = HttpClient.newBuilder()
                .connectTimeout(Duration.ofSeconds(10))
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        return new DerpMaps(
                region,
                config.derp().urls(),
                config.derp().paths(),
                http,
                config.derp().relayTokenPath() != null);
    }

    /** The names of the relays that have addresses in the DERP map, for clients whose DNS does not work. */
    Map<String, List<IpAddress>> bootstrapNames() {
        Map<String, List<IpAddress>> names = new TreeMap<>();
        String json = settings.get(Setting.DERP_MAP);
        if (json == null) {
            return names;
        }
        for (DerpMap.Region region :
                DerpMapSettings.fromJson(json).map().regions().values()) {
            for (DerpMap.Relay relay : region.nodes()) {
                List<IpAddress> addresses = Stream.of(relay.ipv4(), relay.ipv6())
                        .filter(text -> !text.isEmpty() && !text.equals("none"))
                        .map(IpAddress::parse)
                        .toList();
                if (!addresses.isEmpty()) {
                    names.put(relay.hostName(), addresses);
                }
            }
        }
        return names;
    }

    private List<DnsSettings.ExtraRecord> extraRecords() {
        ExtraRecordsFile file = extraRecordsFile;
        return file == null ? ConfiguredSettings.extraRecords(config.dns()) : file.current();
    }

    private synchronized void set(String name, String json) {
        Map<String, String> changed = new TreeMap<>(settings);
        changed.put(name, json);
        settings = changed;
    }
}
