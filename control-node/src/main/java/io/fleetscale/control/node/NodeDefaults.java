package io.fleetscale.control.node;

import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the configuration says of nodes: the setting {@link Setting#NODE_DEFAULTS}, JSON {@code
 * {"expirySeconds":0,"ephemeralTimeoutSeconds":120,"baseDomain":"tn.example.com"}}.
 *
 * @param expiry after which keys of owned nodes end; zero = never
 * @param ephemeralTimeout how long an ephemeral node may be away
 * @param baseDomain of MagicDNS, without dots at its ends; may be empty
 */
public record NodeDefaults(Duration expiry, Duration ephemeralTimeout, String baseDomain) {
    /** What holds before the configuration was imported. Source: headscale-surface 5.2. */
    public static final NodeDefaults INITIAL = new NodeDefaults(Duration.ZERO, Duration.ofMinutes(2), "");

    private static final JsonMapper MAPPER = JsonMapper.shared();

    public static NodeDefaults of(TailnetImage image) {
        Setting setting = image.setting(Setting.NODE_DEFAULTS);
        NodeDefaults configured = setting == null ? INITIAL : fromJson(setting.json());
        Integer days = TailnetSettings.of(image).devicesKeyDurationDays();
        return days == null
                ? configured
                : new NodeDefaults(Duration.ofDays(days), configured.ephemeralTimeout, configured.baseDomain);
    }

    /** @throws IllegalArgumentException naming what is wrong */
    public static NodeDefaults fromJson(String json) {
        try {
            JsonNode tree = MAPPER.readTree(json);
            return new NodeDefaults(
                    Duration.ofSeconds(tree.path("expirySeconds").asLong(0)),
                    Duration.ofSeconds(
                            tree.path("ephemeralTimeoutSeconds").asLong(INITIAL.ephemeralTimeout.toSeconds())),
                    tree.path("baseDomain").asString(""));
        } catch (JacksonException e) {
            throw new IllegalArgumentException("setting " + Setting.NODE_DEFAULTS + ": no valid JSON", e);
        }
    }

    public String toJson() {
        return MAPPER.createObjectNode()
                .put("expirySeconds", expiry.toSeconds())
                .put("ephemeralTimeoutSeconds", ephemeralTimeout.toSeconds())
                .put("baseDomain", baseDomain)
                .toString();
    }

    /** The key duration of Tailscale's own semantics, which always has an end. */
    public Duration tailnetExpiry() {
        return expiry.isZero() ? Duration.ofDays(TailnetSettings.DEFAULT_KEY_DURATION_DAYS) : expiry;
    }

    /** When a key that is given out at {@code now} ends; null = never. */
    public @Nullable Instant expiryFrom(Instant now) {
        return expiry.isZero() ? null : now.plus(expiry);
    }
}
