package io.fleetscale.control.netmap;

import io.fleetscale.control.flowlog.FlowLogIds;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the settings of the tailnet put into a node's own entry. Thread-safe. Source: tailscale tailcfg/nodecap/nodecap.go;
 * tailscale-api-v2 8.8.
 */
public final class TailnetOffers {
    /** Of a server that takes no flow logs and sets no DNS records. */
    public static final TailnetOffers NONE = new TailnetOffers(null, "");

    static final String FLOW_LOGS = "https://tailscale.com/cap/data-plane-audit-logs";
    private static final String AUTO_UPDATE = "default-auto-update";

    private static final String HTTPS = "https";

    private final @Nullable FlowLogIds flowLogs;
    private final String certificateZone;

    /**
     * @param flowLogs absent: this server takes no flow logs
     * @param certificateZone in which it sets the records that nodes need for certificates; empty: in none
     */
    public TailnetOffers(@Nullable FlowLogIds flowLogs, String certificateZone) {
        this.flowLogs = flowLogs;
        this.certificateZone = certificateZone;
    }

    /**
     * What a node has by the policy, with what the settings say.
     *
     * @param name of the node, with a dot at its end
     */
    CapabilityMap capabilities(TailnetSettings settings, CapabilityMap byPolicy, String name) {
        Map<String, List<String>> own = new HashMap<>();
        Boolean autoUpdates = settings.devicesAutoUpdatesOn();
        if (autoUpdates != null) {
            own.put(AUTO_UPDATE, List.of(autoUpdates.toString()));
        }
        if (hasFlowLogs(settings)) {
            own.put(FLOW_LOGS, List.of());
        }
        if (!certificateDomains(settings, name).isEmpty()) {
            own.put(HTTPS, List.of());
        }
        return own.isEmpty() ? byPolicy : byPolicy.plus(CapabilityMap.of(own));
    }

    /** The names that a node may get certificates for: its own, or none. */
    List<String> certificateDomains(TailnetSettings settings, String name) {
        String bare = name.substring(0, name.length() - 1);
        return settings.httpsEnabled() && !certificateZone.isEmpty() && bare.endsWith("." + certificateZone)
                ? List.of(bare)
                : List.of();
    }

    /** The id under which a node uploads flow logs; empty: it does not. */
    String flowLogId(TailnetSettings settings, NodeId node) {
        FlowLogIds ids = flowLogs;
        return ids != null && settings.networkFlowLoggingOn() ? ids.ofNode(node) : "";
    }

    /** The tailnet's; empty: there are no flow logs. */
    String tailnetFlowLogId(TailnetSettings settings) {
        FlowLogIds ids = flowLogs;
        return ids != null && settings.networkFlowLoggingOn() ? ids.ofTailnet() : "";
    }

    private boolean hasFlowLogs(TailnetSettings settings) {
        return flowLogs != null && settings.networkFlowLoggingOn();
    }

    /** Whether nodes can tell the one from the other. */
    static boolean differ(TailnetSettings before, TailnetSettings after) {
        return before.networkFlowLoggingOn() != after.networkFlowLoggingOn()
                || before.httpsEnabled() != after.httpsEnabled()
                || !Objects.equals(before.devicesAutoUpdatesOn(), after.devicesAutoUpdatesOn());
    }
}
