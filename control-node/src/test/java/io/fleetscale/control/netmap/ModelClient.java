package io.fleetscale.control.netmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Applies messages as the real client does, in its order. Source: control-protocol 5.6 step 9, 5.7. */
final class ModelClient {
    final Map<Integer, ObjectNode> peers = new TreeMap<>();
    final Map<Long, JsonNode> profiles = new TreeMap<>();

    @Nullable
    JsonNode self;

    @Nullable
    JsonNode dns;

    @Nullable
    JsonNode derpMap;

    int messages;
    int upserts;
    int patches;

    void apply(JsonNode message) {
        messages++;
        if (message.has("UserProfiles")) {
            message.get("UserProfiles")
                    .forEach(profile -> profiles.put(profile.get("ID").asLong(), profile));
        }
        JsonNode list = message.path("Peers");
        if (!list.isEmpty()) {
            peers.clear();
            list.forEach(peer -> peers.put(peer.get("ID").asInt(), (ObjectNode) peer));
        } else {
            message.path("PeersRemoved").forEach(id -> peers.remove(id.asInt()));
            message.path("PeersChanged").forEach(peer -> {
                upserts++;
                peers.put(peer.get("ID").asInt(), (ObjectNode) peer);
            });
            message.path("PeersChangedPatch").forEach(this::patch);
        }
        if (message.has("Node")) {
            self = message.get("Node");
        }
        if (message.has("DNSConfig")) {
            dns = message.get("DNSConfig");
        }
        if (message.has("DERPMap")) {
            derpMap = message.get("DERPMap");
        }
        JsonNode own = self;
        assertThat(own).as("the first message has the self node").isNotNull();
        if (own != null) {
            assertThat(peers)
                    .as("nobody is its own peer")
                    .doesNotContainKey(own.get("ID").asInt());
        }
        peers.values().forEach(peer -> {
            assertThat(peer.has("Online")).isTrue();
            assertThat(peer.has("Hostinfo")).isTrue();
            assertThat(profiles)
                    .as("profile of the owner of %s", peer)
                    .containsKey(peer.get("User").asLong());
        });
    }

    private void patch(JsonNode patch) {
        patches++;
        ObjectNode peer = peers.get(patch.get("NodeID").asInt());
        assertThat(peer)
                .as("a patch for a peer that the client does not have: %s", patch)
                .isNotNull();
        if (peer == null) {
            return;
        }
        move(patch, "DERPRegion", peer, "HomeDERP");
        for (String name :
                new String[] {"Cap", "CapMap", "Endpoints", "Key", "DiscoKey", "Online", "LastSeen", "KeyExpiry"}) {
            move(patch, name, peer, name);
        }
        if ("0001-01-01T00:00:00Z".equals(patch.path("KeyExpiry").asString(""))) {
            peer.remove("KeyExpiry");
        }
        if (peer.path("CapMap").isEmpty()) {
            peer.remove("CapMap");
        }
    }

    private static void move(JsonNode patch, String name, ObjectNode peer, String target) {
        if (patch.has(name)) {
            peer.set(target, patch.get(name));
        }
    }
}
