package io.fleetscale.control.derpmap;

import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.DerpMap;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.json.JsonMapper;

/** The setting {@code derpmap}: the merged map as all instances send it. */
public record DerpMapSettings(DerpMap map) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * Reads a DERP map as clients get it.
     *
     * @throws IllegalArgumentException if it is not valid
     */
    public static DerpMapSettings fromJson(String json) {
        try {
            return new DerpMapSettings(
                    DerpMapReader.read(JSON.readTree(json), "setting derpmap").toMap());
        } catch (tools.jackson.core.JacksonException e) {
            throw new IllegalArgumentException("setting derpmap: " + e.getOriginalMessage(), e);
        }
    }

    /** What the log holds; empty before the first import. */
    public static DerpMap stored(TailnetImage image) {
        Setting setting = image.setting(Setting.DERP_MAP);
        return setting == null ? DerpMap.EMPTY : fromJson(setting.json()).map();
    }

    /** What clients are told: the stored map and the relays that registered. */
    public static DerpMap effective(TailnetImage image) {
        return RelayMembers.of(image).addTo(stored(image));
    }

    public String toJson() {
        JsonWriter json = new JsonWriter(4096);
        map.write(json);
        return new String(json.toBytes(), StandardCharsets.UTF_8);
    }
}
