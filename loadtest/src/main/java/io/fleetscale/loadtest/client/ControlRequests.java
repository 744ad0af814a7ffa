package io.fleetscale.loadtest.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Request bodies as the real client of {@link #VERSION} writes them. Source: control-protocol 4.1, 5.1, 10. */
final class ControlRequests {
    /** Capability version of the newest stable client. */
    static final int VERSION = 142;

    private static final JsonMapper JSON = new JsonMapper();
    private static final String ZERO_TIME = "0001-01-01T00:00:00Z";
    private static final String ZERO_KEY = "nodekey:" + "0".repeat(64);

    private ControlRequests() {}

    /** @param expiry empty = none asked for; in the past = log out */
    static byte[] register(NodeIdentity node, Optional<String> authKey, Optional<Instant> expiry) {
        ObjectNode root = JSON.createObjectNode();
        root.put("Version", VERSION);
        root.put("NodeKey", node.nodeKey().toString());
        root.put("OldNodeKey", ZERO_KEY);
        root.put("NLKey", node.lockKey().toString());
        authKey.ifPresent(key -> root.putObject("Auth").put("AuthKey", key));
        root.put("Expiry", expiry.map(Instant::toString).orElse(ZERO_TIME));
        root.put("Followup", "");
        root.set("Hostinfo", hostinfo(node, 0));
        root.putNull("NodeKeySignature");
        return JSON.writeValueAsBytes(root);
    }

    static byte[] poll(NodeIdentity node, NodeStatus status) {
        return JSON.writeValueAsBytes(map(node, status).put("Stream", true));
    }

    static byte[] update(NodeIdentity node, NodeStatus status) {
        return JSON.writeValueAsBytes(map(node, status).put("OmitPeers", true));
    }

    private static ObjectNode map(NodeIdentity node, NodeStatus status) {
        ObjectNode root = JSON.createObjectNode();
        root.put("Version", VERSION);
        root.put("Compress", "zstd");
        root.put("KeepAlive", true);
        root.put("NodeKey", node.nodeKey().toString());
        root.put("DiscoKey", node.discoKey().toString());
        root.set("Hostinfo", hostinfo(node, status.homeDerp()));
        List<String> endpoints = status.endpoints();
        if (!endpoints.isEmpty()) {
            ArrayNode addresses = root.putArray("Endpoints");
            ArrayNode types = root.putArray("EndpointTypes");
            for (String endpoint : endpoints) {
                addresses.add(endpoint);
                types.add(1);
            }
        }
        return root;
    }

    private static ObjectNode hostinfo(NodeIdentity node, int homeDerp) {
        ObjectNode info = JSON.createObjectNode();
        info.put("IPNVersion", "1.102.5-simulated");
        info.put("BackendLogID", node.lockKey().raw().toHex());
        info.put("OS", "linux");
        info.put("OSVersion", "6.1.0");
        info.put("Distro", "debian");
        info.put("Hostname", node.hostname());
        info.put("Machine", "x86_64");
        info.put("GoArch", "amd64");
        info.put("GoVersion", "go1.26.6");
        info.putArray("Services")
                .add(service("peerapi4", 41234))
                .add(service("peerapi6", 41234))
                .add(service("peerapi-dns-proxy", 1));
        if (homeDerp > 0) {
            ObjectNode net = info.putObject("NetInfo");
            net.put("MappingVariesByDestIP", false);
            net.put("WorkingIPv6", false);
            net.put("OSHasIPv6", true);
            net.put("WorkingUDP", true);
            net.put("PreferredDERP", homeDerp);
        }
        return info;
    }

    private static ObjectNode service(String protocol, int port) {
        return JSON.createObjectNode().put("Proto", protocol).put("Port", port);
    }
}
