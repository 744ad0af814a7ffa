package io.fleetscale.control.trust;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.tailnet.Role;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a credential may do: names that stand for reading and writing, {@code :read} behind a name for reading alone. Pure.
 * Source: tailscale-api-v2 6.8, 6.9.
 */
public final class Scopes {
    public static final String ALL = "all";
    public static final String ALL_READ = "all:read";
    private static final String READ = ":read";

    /** Every scope that a trust credential can have, without those of {@link #ALL}. */
    public static final List<String> NAMES = List.of(
            "devices:core",
            "devices:posture_attributes",
            "devices:routes",
            "device_invites",
            "users",
            "auth_keys",
            "oauth_keys",
            "federated_keys",
            "api_access_tokens",
            "policy_file",
            "dns",
            "logs:configuration",
            "logs:network",
            "log_streaming",
            "webhooks",
            "account_settings",
            "feature_settings",
            "networking_settings",
            "services",
            "oauth_apps",
            "tailnets");

    private static final Set<String> KNOWN = Set.copyOf(NAMES);

    /** Older spellings, which become the present ones when they are written. */
    private static final Map<String, List<String>> LEGACY = Map.of(
            "acl", List.of("policy_file"),
            "acl:read", List.of("policy_file:read"),
            "devices", List.of("auth_keys", "devices:core", "devices:posture_attributes"),
            "devices:read", List.of("auth_keys:read", "devices:core:read", "devices:posture_attributes:read"),
            "routes", List.of("devices:routes"),
            "routes:read", List.of("devices:routes:read"),
            "devices_invites", List.of("device_invites"),
            "devices_invites:read", List.of("device_invites:read"),
            "logs:read", List.of("logs:configuration:read"),
            "network-logs:read", List.of("logs:network:read"));

    private Scopes() {}

    /** Whether one of the granted scopes gives the needed one. */
    public static boolean cover(Collection<String> granted, String needed) {
        if (granted.contains(ALL) || granted.contains(needed)) {
            return true;
        }
        return needed.endsWith(READ)
                && (granted.contains(ALL_READ)
                        || granted.contains(needed.substring(0, needed.length() - READ.length())));
    }

    public static boolean coverAll(Collection<String> granted, Collection<String> needed) {
        return needed.stream().allMatch(scope -> cover(granted, scope));
    }

    /**
     * Scopes as they are stored: each once, in the order given, older spellings replaced.
     *
     * @throws ControlException INVALID_ARGUMENT for an empty list or an unknown scope
     */
    public static List<String> normalise(List<String> given) {
        if (given.isEmpty()) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, "scopes: at least one is needed");
        }
        LinkedHashSet<String> scopes = new LinkedHashSet<>();
        for (String scope : given) {
            List<String> present = LEGACY.getOrDefault(scope, List.of(scope));
            for (String one : present) {
                if (!isKnown(one)) {
                    throw new ControlException(ErrorCode.INVALID_ARGUMENT, "scopes: unknown scope \"" + one + "\"");
                }
                scopes.add(one);
            }
        }
        return List.copyOf(scopes);
    }

    private static boolean isKnown(String scope) {
        String name = scope.endsWith(READ) ? scope.substring(0, scope.length() - READ.length()) : scope;
        return name.equals(ALL) || KNOWN.contains(name);
    }

    /** Whether a trust credential with these must have tags: what it makes would belong to nobody else. */
    public static boolean needTags(Collection<String> scopes) {
        return scopes.contains("devices:core") || scopes.contains("auth_keys");
    }

    /** What a person's token may do; empty: the role has no tokens. */
    public static List<String> ofRole(Role role) {
        return switch (role) {
            case OWNER, ADMIN -> List.of(ALL);
            case IT_ADMIN ->
                NAMES.stream()
                        .map(name -> name.equals("policy_file") || name.equals("account_settings") ? name + READ : name)
                        .toList();
            case NETWORK_ADMIN ->
                Stream.of("policy_file", "dns", "devices:routes", "networking_settings", "services", ALL_READ)
                        .toList();
            case AUDITOR, BILLING_ADMIN, MEMBER -> List.of();
        };
    }
}
