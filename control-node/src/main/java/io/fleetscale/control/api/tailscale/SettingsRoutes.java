package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.node.NodeDefaults;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.TailnetImage;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Settings of the tailnet. Source: tailscale-api-v2 7.10, 8.8. */
final class SettingsRoutes {
    private static final String SETTINGS = "t/settings";
    private static final String REGIONAL = "regional-routing";
    private static final Set<String> EXTERNAL_ROLES = Set.of("none", "admin", "member");
    private static final Set<String> ROUTE_SELECTIONS =
            Set.of("active-passive-failover", "regional-routing", "regional-routing-failover", "magicroute");

    /** Members that ask for another scope than the others do. */
    private static final Map<String, String> SCOPES = Map.of(
            "aclsExternallyManagedOn", "policy_file",
            "aclsExternalLink", "policy_file",
            "networkFlowLoggingOn", "logs:network",
            "httpsEnabled", "networking_settings");

    private static final List<String> MEMBERS = List.of(
            "aclsExternallyManagedOn",
            "aclsExternalLink",
            "devicesApprovalOn",
            "devicesAutoUpdatesOn",
            "devicesKeyDurationDays",
            "usersApprovalOn",
            "usersRoleAllowedToJoinExternalTailnets",
            "networkFlowLoggingOn",
            "regionalRoutingOn",
            "postureIdentityCollectionOn",
            "httpsEnabled",
            "routeSelection");

    private final Changelog changelog;
    private final boolean configuredAutoUpdate;

    /** @param configuredAutoUpdate what holds for {@code devicesAutoUpdatesOn} until somebody sets it */
    SettingsRoutes(Changelog changelog, boolean configuredAutoUpdate) {
        this.changelog = changelog;
        this.configuredAutoUpdate = configuredAutoUpdate;
    }

    List<Operation> operations() {
        String[] write = {"feature_settings", "policy_file", "logs:network", "networking_settings"};
        return List.of(
                Operation.of(
                        79,
                        "GET",
                        SETTINGS,
                        Access.scopes("feature_settings:read"),
                        "getTailnetSettings",
                        "Show the settings that the caller may read",
                        call -> Replies.ok(json(call.image(), call.caller()))),
                Operation.of(
                        80,
                        "PATCH",
                        SETTINGS,
                        Access.anyOf(write),
                        "updateTailnetSettings",
                        "Change settings",
                        this::update));
    }

    private static String scopeOf(String member) {
        return SCOPES.getOrDefault(member, "feature_settings");
    }

    private ObjectNode json(TailnetImage image, Caller caller) {
        TailnetSettings settings = TailnetSettings.of(image);
        ObjectNode all = Replies.object()
                .put("aclsExternallyManagedOn", settings.aclsExternallyManagedOn())
                .put("aclsExternalLink", settings.aclsExternalLink())
                .put("devicesApprovalOn", settings.devicesApprovalOn())
                .put(
                        "devicesAutoUpdatesOn",
                        Objects.requireNonNullElse(settings.devicesAutoUpdatesOn(), configuredAutoUpdate))
                .put("devicesKeyDurationDays", keyDurationDays(image, settings))
                .put("usersApprovalOn", settings.usersApprovalOn())
                .put("usersRoleAllowedToJoinExternalTailnets", settings.usersRoleAllowedToJoinExternalTailnets())
                .put("networkFlowLoggingOn", settings.networkFlowLoggingOn())
                .put("regionalRoutingOn", settings.regionalRoutingOn())
                .put("postureIdentityCollectionOn", settings.postureIdentityCollectionOn())
                .put("httpsEnabled", settings.httpsEnabled());
        if (!settings.routeSelection().isEmpty()) {
            all.put("routeSelection", settings.routeSelection());
        }
        MEMBERS.stream()
                .filter(member -> !caller.has(scopeOf(member) + ":read"))
                .forEach(all::remove);
        return all;
    }

    private static long keyDurationDays(TailnetImage image, TailnetSettings settings) {
        Integer days = settings.devicesKeyDurationDays();
        if (days != null) {
            return days;
        }
        long configured = NodeDefaults.of(image).tailnetExpiry().toDays();
        return Math.clamp(configured, 1, TailnetSettings.DEFAULT_KEY_DURATION_DAYS);
    }

    private HttpReply update(ApiCall call) {
        Body body = call.body();
        for (String member : MEMBERS) {
            if (body.has(member)) {
                call.caller().require(scopeOf(member));
            }
        }
        Integer days = keyDuration(body);
        String link = body.text("aclsExternalLink").orElse(null);
        if (link != null && !link.isEmpty()) {
            checkLink(link);
        }
        String externalRole = word(body, "usersRoleAllowedToJoinExternalTailnets", EXTERNAL_ROLES);
        String selection = word(body, "routeSelection", ROUTE_SELECTIONS);
        Boolean regional = body.flag("regionalRoutingOn").orElse(null);
        if (selection != null && regional != null) {
            throw ApiFailure.badRequest("regionalRoutingOn and routeSelection must not be given together");
        }
        TailnetImage after = ApiCall.await(changelog.write((image, context) -> {
            TailnetSettings old = TailnetSettings.of(image);
            TailnetSettings next = new TailnetSettings(
                    body.flagOr("aclsExternallyManagedOn", old.aclsExternallyManagedOn()),
                    link == null ? old.aclsExternalLink() : link,
                    body.flagOr("devicesApprovalOn", old.devicesApprovalOn()),
                    body.flag("devicesAutoUpdatesOn").orElse(old.devicesAutoUpdatesOn()),
                    days == null ? old.devicesKeyDurationDays() : days,
                    body.flagOr("usersApprovalOn", old.usersApprovalOn()),
                    externalRole == null ? old.usersRoleAllowedToJoinExternalTailnets() : externalRole,
                    body.flagOr("networkFlowLoggingOn", old.networkFlowLoggingOn()),
                    isRegional(regional, selection, old),
                    body.flagOr("postureIdentityCollectionOn", old.postureIdentityCollectionOn()),
                    body.flagOr("httpsEnabled", old.httpsEnabled()),
                    selectionAfter(regional, selection, old));
            return next.equals(old) ? Decision.unchanged(image) : Decision.of(image, next.put());
        }));
        return Replies.ok(json(newer(after), call.caller()));
    }

    /** The older switch says whether the newer choice is this one. */
    private static boolean isRegional(@Nullable Boolean regional, @Nullable String selection, TailnetSettings old) {
        if (selection != null) {
            return selection.equals(REGIONAL);
        }
        return regional == null ? old.regionalRoutingOn() : regional;
    }

    private static String selectionAfter(@Nullable Boolean regional, @Nullable String selection, TailnetSettings old) {
        if (selection != null) {
            return selection;
        }
        if (regional == null) {
            return old.routeSelection();
        }
        if (regional) {
            return REGIONAL;
        }
        return old.routeSelection().equals(REGIONAL) ? "active-passive-failover" : old.routeSelection();
    }

    private TailnetImage newer(TailnetImage decidedOn) {
        TailnetImage now = changelog.image();
        return now.version() >= decidedOn.version() ? now : decidedOn;
    }

    private static @Nullable Integer keyDuration(Body body) {
        Long days = body.integer("devicesKeyDurationDays").orElse(null);
        if (days == null) {
            return null;
        }
        if (days < 1 || days > TailnetSettings.DEFAULT_KEY_DURATION_DAYS) {
            throw ApiFailure.badRequest(
                    "devicesKeyDurationDays " + days + ": must be 1 to " + TailnetSettings.DEFAULT_KEY_DURATION_DAYS);
        }
        return Math.toIntExact(days);
    }

    private static @Nullable String word(Body body, String member, Set<String> words) {
        String word = body.text(member).orElse(null);
        if (word != null && !words.contains(word)) {
            throw ApiFailure.badRequest(member + " \"" + word + "\": must be one of "
                    + String.join(", ", words.stream().sorted().toList()));
        }
        return word;
    }

    private static void checkLink(String link) {
        try {
            if (URI.create(link).getScheme() != null) {
                return;
            }
        } catch (IllegalArgumentException malformed) {
            // refused below
        }
        throw ApiFailure.badRequest("aclsExternalLink: must be a URL");
    }
}
