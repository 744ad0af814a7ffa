package io.fleetscale.control.derpmap;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.tailcfg.DerpMap;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The setting {@code relays}: who registered, in the order of first registration, which is the order in the DERP map. Immutable.
 *
 * @param meshGenerations by region: how often its mesh key was changed
 */
public record RelayMembers(List<RelayMember> members, SortedMap<Integer, Integer> meshGenerations) {
    public static final RelayMembers NONE = new RelayMembers(List.of(), new TreeMap<>());
    private static final JsonMapper JSON = new JsonMapper();

    public RelayMembers {
        members = List.copyOf(members);
        meshGenerations = new TreeMap<>(meshGenerations);
    }

    /** What the log holds. */
    public static RelayMembers of(TailnetImage image) {
        Setting setting = image.setting(Setting.RELAYS);
        return setting == null ? NONE : fromJson(setting.json());
    }

    public Optional<RelayMember> find(String name) {
        return members.stream().filter(member -> member.name().equals(name)).findFirst();
    }

    public List<RelayMember> inRegion(int regionId) {
        return members.stream().filter(member -> member.regionId() == regionId).toList();
    }

    /** Whether clients would be left without any relay of the region if this one went. */
    public boolean isLastServing(RelayMember member) {
        return member.state() == RelayMember.State.SERVING
                && inRegion(member.regionId()).stream()
                        .noneMatch(other ->
                                !other.name().equals(member.name()) && other.state() == RelayMember.State.SERVING);
    }

    /** Puts a relay in the place of the one of its name, or at the end. */
    public RelayMembers with(RelayMember member) {
        List<RelayMember> next = new ArrayList<>();
        boolean replaced = false;
        for (RelayMember known : members) {
            boolean same = known.name().equals(member.name());
            next.add(same ? member : known);
            replaced |= same;
        }
        if (!replaced) {
            next.add(member);
        }
        return new RelayMembers(next, meshGenerations);
    }

    public RelayMembers without(String name) {
        return new RelayMembers(
                members.stream().filter(member -> !member.name().equals(name)).toList(), meshGenerations);
    }

    public RelayMembers withState(String name, RelayMember.State state) {
        return find(name).map(member -> with(member.in(state))).orElse(this);
    }

    public int meshGeneration(int regionId) {
        return meshGenerations.getOrDefault(regionId, 0);
    }

    /** The region's relays get a new mesh key; the one before stays valid until the next time. */
    public RelayMembers withNextMeshKey(int regionId) {
        TreeMap<Integer, Integer> next = new TreeMap<>(meshGenerations);
        next.merge(regionId, 1, Integer::sum);
        return new RelayMembers(members, next);
    }

    /** Adds the serving relays behind those that the configuration has; a name that is taken there stays there. */
    public DerpMap addTo(DerpMap configured) {
        TreeMap<Integer, DerpMap.Region> regions = new TreeMap<>(configured.regions());
        for (RelayMember member : members) {
            boolean taken = configured.regions().values().stream()
                    .flatMap(region -> region.nodes().stream())
                    .anyMatch(relay -> relay.name().equals(member.name()));
            if (member.state() == RelayMember.State.SERVING && !taken) {
                regions.compute(
                        member.regionId(), (id, region) -> extended(region == null ? empty(member) : region, member));
            }
        }
        return new DerpMap(regions, configured.regionScores());
    }

    /** Code and name come from the relay of the region that registered first, serving or not: they never flap. */
    private DerpMap.Region empty(RelayMember member) {
        RelayMember first = inRegion(member.regionId()).getFirst();
        return new DerpMap.Region(
                first.regionId(), first.regionCode(), first.regionName(), null, null, false, false, List.of());
    }

    private static DerpMap.Region extended(DerpMap.Region region, RelayMember member) {
        return new DerpMap.Region(
                region.id(),
                region.code(),
                region.name(),
                region.latitude(),
                region.longitude(),
                region.avoid(),
                region.noMeasureNoHome(),
                Stream.concat(region.nodes().stream(), Stream.of(member.relay()))
                        .toList());
    }

    /** The change of the log from {@code before} to this; none when they are equal. */
    public List<Change> changesFrom(RelayMembers before) {
        if (equals(before)) {
            return List.of();
        }
        String json = toJson();
        return List.of(new Change.SettingPut(new Setting(Setting.RELAYS, digest(json), json)));
    }

    String toJson() {
        ObjectNode root = JSON.createObjectNode();
        ArrayNode list = root.putArray("relays");
        for (RelayMember member : members) {
            list.addObject()
                    .put("name", member.name())
                    .put("region_id", member.regionId())
                    .put("region_code", member.regionCode())
                    .put("region_name", member.regionName())
                    .put("host", member.hostName())
                    .put("derp_port", member.derpPort())
                    .put("stun_port", member.stunPort())
                    .put("ipv4", member.ipv4())
                    .put("ipv6", member.ipv6())
                    .put("cert_name", member.certName())
                    .put("can_port_80", member.canPort80())
                    .put("public_key", member.publicKey())
                    .put("state", member.state().name());
        }
        ObjectNode generations = root.putObject("mesh_generations");
        meshGenerations.forEach((region, count) -> generations.put(region.toString(), count));
        return root.toString();
    }

    /** @throws IllegalArgumentException if it is not what {@link #toJson} writes */
    static RelayMembers fromJson(String json) {
        try {
            JsonNode root = JSON.readTree(json);
            List<RelayMember> members = new ArrayList<>();
            for (JsonNode entry : root.path("relays")) {
                members.add(member(
                        entry, RelayMember.State.valueOf(entry.path("state").asString("SERVING"))));
            }
            TreeMap<Integer, Integer> generations = new TreeMap<>();
            root.path("mesh_generations")
                    .properties()
                    .forEach(entry -> generations.put(
                            Integer.parseInt(entry.getKey()), entry.getValue().asInt()));
            return new RelayMembers(members, generations);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("setting relays: " + e.getOriginalMessage(), e);
        }
    }

    /** Reads what a relay says about itself, in the form of the setting. */
    public static RelayMember member(JsonNode entry, RelayMember.State state) {
        return new RelayMember(
                entry.path("name").asString(""),
                entry.path("region_id").asInt(0),
                entry.path("region_code").asString(""),
                entry.path("region_name").asString(""),
                entry.path("host").asString(""),
                entry.path("derp_port").asInt(0),
                entry.path("stun_port").asInt(0),
                entry.path("ipv4").asString(""),
                entry.path("ipv6").asString(""),
                entry.path("cert_name").asString(""),
                entry.path("can_port_80").asBoolean(false),
                entry.path("public_key").asString(""),
                state);
    }

    private static Bytes32 digest(String json) {
        try {
            return Bytes32.of(MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
