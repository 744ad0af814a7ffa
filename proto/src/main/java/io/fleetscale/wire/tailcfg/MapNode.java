package io.fleetscale.wire.tailcfg;

import com.google.protobuf.ByteString;
import io.fleetscale.wire.ip.IpEndpoint;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node in a map message: the receiver itself or a peer. Clients compare the lists in order, so they must come sorted.
 * Source: control-protocol 6.1, tailscale tailcfg/tailcfg.go, Node.
 *
 * @param name full name with the dot at its end
 * @param keyExpiry absent: never
 * @param machine for the receiver itself; absent for peers, whom it is of no use to
 * @param discoKey zero while unknown
 * @param homeDerp region, 0 while unknown
 * @param hostinfo JSON object, at least an empty one
 * @param cap the node's own capability version, 0 while unknown
 * @param lastSeen only while offline
 */
public record MapNode(
        long id,
        String stableId,
        String name,
        long user,
        NodeKey key,
        @Nullable Instant keyExpiry,
        @Nullable MachineKey machine,
        DiscoKey discoKey,
        List<IpPrefix> addresses,
        List<IpPrefix> allowedIps,
        List<IpEndpoint> endpoints,
        int homeDerp,
        ByteString hostinfo,
        Instant created,
        int cap,
        List<String> tags,
        List<IpPrefix> primaryRoutes,
        @Nullable Instant lastSeen,
        boolean online,
        CapabilityMap capMap,
        boolean expired) {

    public MapNode {
        addresses = List.copyOf(addresses);
        allowedIps = List.copyOf(allowedIps);
        endpoints = List.copyOf(endpoints);
        tags = List.copyOf(tags);
        primaryRoutes = List.copyOf(primaryRoutes);
    }

    /** Endpoints and online are always written: clients lose a change to "absent". Source: control-protocol 5.7. */
    public void write(JsonWriter json) {
        write(json, true, "");
    }

    /**
     * @param authorized whether the node may take part in the tailnet
     * @param flowLogId private id under which the receiver itself uploads flow logs; empty: none
     */
    public void write(JsonWriter json, boolean authorized, String flowLogId) {
        json.beginObject();
        json.name("ID").value(id);
        json.name("StableID").value(stableId);
        json.name("Name").value(name);
        json.name("User").value(user);
        json.name("Key").value(key.toString());
        if (keyExpiry != null) {
            json.name("KeyExpiry").value(keyExpiry);
        }
        if (machine != null) {
            json.name("Machine").value(machine.toString());
        }
        if (!discoKey.isZero()) {
            json.name("DiscoKey").value(discoKey.toString());
        }
        json.plainTexts("Addresses", addresses);
        json.plainTexts("AllowedIPs", allowedIps);
        json.plainTexts("Endpoints", endpoints);
        if (homeDerp != 0) {
            json.name("HomeDERP").value(homeDerp);
        }
        json.name("Hostinfo").raw(hostinfo);
        json.name("Created").value(created);
        if (cap != 0) {
            json.name("Cap").value(cap);
        }
        if (!tags.isEmpty()) {
            json.texts("Tags", tags);
        }
        if (!primaryRoutes.isEmpty()) {
            json.plainTexts("PrimaryRoutes", primaryRoutes);
        }
        if (lastSeen != null) {
            json.name("LastSeen").value(lastSeen);
        }
        json.name("Online").value(online);
        json.name("MachineAuthorized").value(authorized);
        if (!capMap.isEmpty()) {
            json.name("CapMap");
            capMap.write(json);
        }
        if (!flowLogId.isEmpty()) {
            json.name("DataPlaneAuditLogID").value(flowLogId);
        }
        if (expired) {
            json.name("Expired").value(true);
        }
        json.endObject();
    }
}
