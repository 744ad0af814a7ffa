package io.fleetscale.control.relay;

import io.fleetscale.control.derpmap.RelayMember;
import io.fleetscale.control.derpmap.RelayMembers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a relay says in a heartbeat.
 *
 * @param member itself; its state is what it would like to be: serving, or away when it is about to stop
 * @param beat grows with each heartbeat of one run of the relay
 * @param run differs for each run of the relay
 * @param connections that it has
 * @param capacity connections that it takes
 * @param version of its program
 */
public record RelayReport(RelayMember member, long beat, String run, int connections, int capacity, String version) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_TEXT = 64;

    /** @throws IllegalArgumentException saying what is wrong; texts of the sender are not repeated */
    static RelayReport parse(String json) {
        try {
            JsonNode root = JSON.readTree(json);
            boolean leaving = root.path("leaving").asBoolean(false);
            RelayReport report = new RelayReport(
                    RelayMembers.member(root, leaving ? RelayMember.State.AWAY : RelayMember.State.SERVING),
                    root.path("beat").asLong(0),
                    cut(root.path("run").asString("")),
                    Math.max(0, root.path("connections").asInt(0)),
                    Math.max(0, root.path("capacity").asInt(0)),
                    cut(root.path("version").asString("")));
            if (!report.member.problems().isEmpty()) {
                throw new IllegalArgumentException(String.join("; ", report.member.problems()));
            }
            return report;
        } catch (JacksonException e) {
            throw new IllegalArgumentException("the heartbeat is not JSON", e);
        }
    }

    /** As the relay sent it, which is also its form in the grid. */
    String toJson() {
        return JSON.createObjectNode()
                .put("name", member.name())
                .put("region_id", member.regionId())
                .put("region_code", member.regionCode())
                .put("region_name", member.regionName())
                .put("host", member.hostName())
                .put("derp_port", member.derpPort())
                .put("stun_port", member.stunPort())
                .put("ipv4", member.ipv4())
                .put("ipv6", member.ipv6())
                .put("cert_name", member.certName())
                .put("can_port_80", member.canPort80())
                .put("public_key", member.publicKey())
                .put("leaving", isLeaving())
                .put("beat", beat)
                .put("run", run)
                .put("connections", connections)
                .put("capacity", capacity)
                .put("version", version)
                .toString();
    }

    boolean isLeaving() {
        return member.state() == RelayMember.State.AWAY;
    }

    private static String cut(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
    }
}
