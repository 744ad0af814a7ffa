package io.fleetscale.wire.tailcfg;

/** What a client may tell its user about updates. Source: control-protocol 6.11. */
public record ClientVersion(
        boolean runningLatest,
        String latestVersion,
        boolean urgentSecurityUpdate,
        boolean notifyUser,
        String notifyUrl,
        String notifyText) {

    public void write(JsonWriter json) {
        json.beginObject();
        if (runningLatest) {
            json.name("RunningLatest").value(true);
        }
        text(json, "LatestVersion", latestVersion);
        if (urgentSecurityUpdate) {
            json.name("UrgentSecurityUpdate").value(true);
        }
        if (notifyUser) {
            json.name("Notify").value(true);
        }
        text(json, "NotifyURL", notifyUrl);
        text(json, "NotifyText", notifyText);
        json.endObject();
    }

    private static void text(JsonWriter json, String name, String value) {
        if (!value.isEmpty()) {
            json.name(name).value(value);
        }
    }
}
