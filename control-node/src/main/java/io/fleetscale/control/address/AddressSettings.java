package io.fleetscale.control.address;

import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The tailnet's prefixes: the setting {@link Setting#PREFIXES}, JSON {@code {"v4":"100.64.0.0/10","v6":"...",
 * "allocation":"sequential"}}.
 *
 * @param v4 masked; absent: nodes have no IPv4 address
 * @param v6 masked; absent: nodes have no IPv6 address
 */
public record AddressSettings(
        @Nullable IpPrefix v4, @Nullable IpPrefix v6, Allocation allocation) {
    /** How the next address is chosen. */
    public enum Allocation {
        SEQUENTIAL,
        RANDOM
    }

    /** No prefix: what a tailnet has before its configuration was imported. */
    public static final AddressSettings NONE = new AddressSettings(null, null, Allocation.SEQUENTIAL);

    private static final JsonMapper MAPPER = JsonMapper.shared();

    public AddressSettings {
        if (v4 != null && v4.isV6() || v6 != null && !v6.isV6()) {
            throw new IllegalArgumentException("prefixes v4 " + v4 + ", v6 " + v6 + ": a prefix of the other family");
        }
        v4 = v4 == null ? null : v4.masked();
        v6 = v6 == null ? null : v6.masked();
    }

    public static AddressSettings of(TailnetImage image) {
        Setting setting = image.setting(Setting.PREFIXES);
        return setting == null ? NONE : fromJson(setting.json());
    }

    /** @throws IllegalArgumentException naming what is wrong */
    public static AddressSettings fromJson(String json) {
        try {
            JsonNode tree = MAPPER.readTree(json);
            return new AddressSettings(
                    prefix(tree.path("v4")),
                    prefix(tree.path("v6")),
                    Allocation.valueOf(
                            tree.path("allocation").asString("sequential").toUpperCase(Locale.ROOT)));
        } catch (JacksonException e) {
            throw new IllegalArgumentException("setting " + Setting.PREFIXES + ": no valid JSON", e);
        }
    }

    public String toJson() {
        ObjectNode tree = MAPPER.createObjectNode();
        if (v4 != null) {
            tree.put("v4", v4.toString());
        }
        if (v6 != null) {
            tree.put("v6", v6.toString());
        }
        tree.put("allocation", allocation.name().toLowerCase(Locale.ROOT));
        return tree.toString();
    }

    private static @Nullable IpPrefix prefix(JsonNode value) {
        String text = value.asString("");
        return text.isEmpty() ? null : IpPrefix.parse(text);
    }
}
