package io.fleetscale.relay.cluster;

import tools.jackson.databind.json.JsonMapper;

/**
 * What a relay tells the control servers about itself: its line of the DERP map.
 *
 * @param name unique in the DERP map
 * @param stunPort -1: no STUN
 * @param ipv4 empty: by name; {@code none}: has none
 * @param ipv6 as {@code ipv4}
 * @param certName empty, or {@code sha256-raw:} and the digest of its certificate
 * @param capacity connections that it takes
 */
public record RelayPlace(
        String name,
        int regionId,
        String regionCode,
        String regionName,
        String host,
        int derpPort,
        int stunPort,
        String ipv4,
        String ipv6,
        String certName,
        boolean canPort80,
        String publicKey,
        int capacity,
        String version) {
    String heartbeat(String run, long beat, int connections, boolean leaving) {
        return new JsonMapper()
                .createObjectNode()
                .put("name", name)
                .put("region_id", regionId)
                .put("region_code", regionCode)
                .put("region_name", regionName)
                .put("host", host)
                .put("derp_port", derpPort)
                .put("stun_port", stunPort)
                .put("ipv4", ipv4)
                .put("ipv6", ipv6)
                .put("cert_name", certName)
                .put("can_port_80", canPort80)
                .put("public_key", publicKey)
                .put("capacity", capacity)
                .put("version", version)
                .put("run", run)
                .put("beat", beat)
                .put("connections", connections)
                .put("leaving", leaving)
                .toString();
    }
}
