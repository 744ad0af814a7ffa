package io.fleetscale.wire.tailcfg;

import io.fleetscale.wire.ip.IpEndpoint;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Fields of a peer that changed; what is absent stays. Source: control-protocol 5.7.
 *
 * @param derpRegion 0: no change
 * @param cap 0: no change
 * @param keyExpiry {@link GoTime#ZERO}: the key does not expire any more
 */
public record PeerChange(
        long nodeId,
        int derpRegion,
        int cap,
        @Nullable CapabilityMap capMap,
        @Nullable List<IpEndpoint> endpoints,
        @Nullable NodeKey key,
        @Nullable DiscoKey discoKey,
        @Nullable Boolean online,
        @Nullable Instant lastSeen,
        @Nullable Instant keyExpiry) {

    public PeerChange {
        endpoints = endpoints == null ? null : List.copyOf(endpoints);
    }

    public void write(JsonWriter json) {
        json.beginObject();
        json.name("NodeID").value(nodeId);
        if (derpRegion != 0) {
            json.name("DERPRegion").value(derpRegion);
        }
        if (cap != 0) {
            json.name("Cap").value(cap);
        }
        if (capMap != null) {
            json.name("CapMap");
            capMap.write(json);
        }
        if (endpoints != null) {
            json.plainTexts("Endpoints", endpoints);
        }
        if (key != null) {
            json.name("Key").value(key.toString());
        }
        if (discoKey != null) {
            json.name("DiscoKey").value(discoKey.toString());
        }
        if (online != null) {
            json.name("Online").value(online);
        }
        if (lastSeen != null) {
            json.name("LastSeen").value(lastSeen);
        }
        if (keyExpiry != null) {
            json.name("KeyExpiry").value(keyExpiry);
        }
        json.endObject();
    }
}
