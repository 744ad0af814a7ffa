package io.fleetscale.wire.tailcfg;

import java.util.Locale;

/**
 * A notice of the server in a client's health list. Source: control-protocol 6.11.
 *
 * @param actionUrl empty: no button
 */
public record DisplayMessage(
        String title,
        String text,
        Severity severity,
        boolean impactsConnectivity,
        String actionUrl,
        String actionLabel) {

    /** How loud. */
    public enum Severity {
        HIGH,
        MEDIUM,
        LOW
    }

    public void write(JsonWriter json) {
        json.beginObject().name("Title").value(title);
        json.name("Text").value(text);
        json.name("Severity").value(severity.name().toLowerCase(Locale.ROOT));
        if (impactsConnectivity) {
            json.name("ImpactsConnectivity").value(true);
        }
        if (!actionUrl.isEmpty()) {
            json.name("PrimaryAction").beginObject();
            json.name("URL").value(actionUrl).name("Label").value(actionLabel).endObject();
        }
        json.endObject();
    }
}
