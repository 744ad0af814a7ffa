package io.fleetscale.wire.tailcfg;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All relays of the tailnet; clients add none of their own. Source: control-protocol 6.8. */
public record DerpMap(SortedMap<Integer, Region> regions, SortedMap<Integer, Double> regionScores) {
    public static final DerpMap EMPTY = new DerpMap(new TreeMap<>(), new TreeMap<>());

    public DerpMap {
        regions = Collections.unmodifiableSortedMap(new TreeMap<>(regions));
        regionScores = Collections.unmodifiableSortedMap(new TreeMap<>(regionScores));
    }

    /** @param nodes in order of preference */
    public record Region(
            int id,
            String code,
            String name,
            @Nullable Double latitude,
            @Nullable Double longitude,
            boolean avoid,
            boolean noMeasureNoHome,
            List<Relay> nodes) {
        public Region {
            nodes = List.copyOf(nodes);
        }

        void write(JsonWriter json) {
            json.beginObject().name("RegionID").value(id);
            json.name("RegionCode").value(code);
            json.name("RegionName").value(name);
            if (latitude != null) {
                json.name("Latitude").value((double) latitude);
            }
            if (longitude != null) {
                json.name("Longitude").value((double) longitude);
            }
            flag(json, "Avoid", avoid);
            flag(json, "NoMeasureNoHome", noMeasureNoHome);
            json.objects("Nodes", nodes, Relay::write).endObject();
        }
    }

    /**
     * A DERP node.
     *
     * @param certName empty: the host name; or {@code sha256-raw:} and the digest of a pinned certificate
     * @param ipv4 empty: by name; {@code none}: has none
     * @param stunPort 0: 3478, -1: no STUN
     * @param derpPort 0: 443
     */
    public record Relay(
            String name,
            int regionId,
            String hostName,
            String certName,
            String ipv4,
            String ipv6,
            int stunPort,
            boolean stunOnly,
            int derpPort,
            boolean insecureForTests,
            boolean canPort80) {
        void write(JsonWriter json) {
            json.beginObject().name("Name").value(name);
            json.name("RegionID").value(regionId);
            json.name("HostName").value(hostName);
            text(json, "CertName", certName);
            text(json, "IPv4", ipv4);
            text(json, "IPv6", ipv6);
            number(json, "STUNPort", stunPort);
            flag(json, "STUNOnly", stunOnly);
            number(json, "DERPPort", derpPort);
            flag(json, "InsecureForTests", insecureForTests);
            flag(json, "CanPort80", canPort80);
            json.endObject();
        }
    }

    public boolean isEmpty() {
        return regions.isEmpty();
    }

    public void write(JsonWriter json) {
        json.beginObject();
        if (!regionScores.isEmpty()) {
            json.name("HomeParams").beginObject().name("RegionScore").beginObject();
            regionScores.forEach(
                    (region, score) -> json.name(Integer.toString(region)).value((double) score));
            json.endObject().endObject();
        }
        json.name("Regions").beginObject();
        regions.forEach((id, region) -> {
            json.name(Integer.toString(id));
            region.write(json);
        });
        json.endObject();
        json.name("omitDefaultRegions").value(true);
        json.endObject();
    }

    private static void text(JsonWriter json, String name, String value) {
        if (!value.isEmpty()) {
            json.name(name).value(value);
        }
    }

    private static void number(JsonWriter json, String name, int value) {
        if (value != 0) {
            json.name(name).value(value);
        }
    }

    private static void flag(JsonWriter json, String name, boolean value) {
        if (value) {
            json.name(name).value(true);
        }
    }
}
