package io.fleetscale.control.derpmap;

import io.fleetscale.wire.tailcfg.DerpMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The {@code derpMap} of a policy: regions that it adds, replaces or, by {@code null}, takes away; with {@code OmitDefaultRegions}
 * only its own are left. Immutable. Source: policy 9.7.
 */
public final class DerpMapOverlay {
    /** Changes nothing. */
    public static final DerpMapOverlay NONE =
            new DerpMapOverlay(new DerpMapReader.Loaded(new TreeMap<>(), new TreeMap<>()), false);

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String SOURCE = "derpMap of the policy";

    private final DerpMapReader.Loaded own;
    private final boolean omitsOthers;

    private DerpMapOverlay(DerpMapReader.Loaded own, boolean omitsOthers) {
        this.own = own;
        this.omitsOthers = omitsOthers;
    }

    /**
     * @param json standard JSON; empty: nothing
     * @throws IllegalArgumentException naming region, node and value
     */
    public static DerpMapOverlay parse(String json) {
        if (json.isEmpty()) {
            return NONE;
        }
        try {
            JsonNode root = JSON.readTree(json);
            JsonNode omit = DerpMapReader.field(root, "omitdefaultregions");
            return new DerpMapOverlay(DerpMapReader.read(root, SOURCE), omit != null && omit.asBoolean(false));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(SOURCE + ": " + e.getOriginalMessage(), e);
        }
    }

    /** The map that clients get. */
    public DerpMap over(DerpMap base) {
        TreeMap<Integer, DerpMap.Region> regions = new TreeMap<>();
        TreeMap<Integer, Double> scores = new TreeMap<>();
        if (!omitsOthers) {
            regions.putAll(base.regions());
            scores.putAll(base.regionScores());
        }
        own.regions().forEach((id, region) -> {
            if (region.isPresent()) {
                regions.put(id, region.get());
            } else {
                regions.remove(id);
            }
        });
        scores.putAll(own.scores());
        return new DerpMap(regions, scores);
    }
}
