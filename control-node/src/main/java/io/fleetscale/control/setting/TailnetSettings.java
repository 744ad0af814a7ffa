package io.fleetscale.control.setting;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.key.Bytes32;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the API says of the tailnet as a whole: the setting {@link Setting#TAILNET}. Source: tailscale-api-v2 8.8.
 *
 * @param devicesAutoUpdatesOn absent: as the configuration says
 * @param devicesKeyDurationDays 1 to 180; absent: as the configuration says
 * @param usersRoleAllowedToJoinExternalTailnets {@code none}, {@code admin} or {@code member}
 * @param routeSelection empty: not set
 */
public record TailnetSettings(
        boolean aclsExternallyManagedOn,
        String aclsExternalLink,
        boolean devicesApprovalOn,
        @Nullable Boolean devicesAutoUpdatesOn,
        @Nullable Integer devicesKeyDurationDays,
        boolean usersApprovalOn,
        String usersRoleAllowedToJoinExternalTailnets,
        boolean networkFlowLoggingOn,
        boolean regionalRoutingOn,
        boolean postureIdentityCollectionOn,
        boolean httpsEnabled,
        String routeSelection) {
    /** What a tailnet has until somebody changes it. */
    public static final TailnetSettings INITIAL =
            new TailnetSettings(false, "", false, null, null, false, "admin", false, false, false, false, "");

    /** What the key duration is where nobody says anything. */
    public static final int DEFAULT_KEY_DURATION_DAYS = 180;

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    public static TailnetSettings of(TailnetImage image) {
        Setting setting = image.setting(Setting.TAILNET);
        return setting == null ? INITIAL : fromJson(setting.json());
    }

    /** @throws IllegalArgumentException naming what is wrong */
    public static TailnetSettings fromJson(String json) {
        try {
            return JSON.readValue(json, TailnetSettings.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("setting " + Setting.TAILNET + ": " + e.getOriginalMessage(), e);
        }
    }

    public String toJson() {
        return JSON.writeValueAsString(this);
    }

    public Change put() {
        return new Change.SettingPut(new Setting(Setting.TAILNET, Bytes32.ZERO, toJson()));
    }
}
