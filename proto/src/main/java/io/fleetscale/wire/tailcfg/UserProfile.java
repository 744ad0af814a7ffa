package io.fleetscale.wire.tailcfg;

/** Who owns a node, as clients show it. Source: control-protocol 6.7. */
public record UserProfile(long id, String loginName, String displayName, String profilePicUrl) {
    public void write(JsonWriter json) {
        json.beginObject();
        json.name("ID").value(id);
        json.name("LoginName").value(loginName);
        json.name("DisplayName").value(displayName);
        if (!profilePicUrl.isEmpty()) {
            json.name("ProfilePicURL").value(profilePicUrl);
        }
        json.endObject();
    }
}
