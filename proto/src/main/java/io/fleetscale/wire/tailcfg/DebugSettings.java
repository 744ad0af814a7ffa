package io.fleetscale.wire.tailcfg;

/**
 * Of the switches in the {@code Debug} object only this one: the others stop or exit clients and are not offered. Source:
 * control-protocol 6.11, gotcha 55.
 */
public record DebugSettings(boolean disableLogTail) {
    public void write(JsonWriter json) {
        json.beginObject();
        if (disableLogTail) {
            json.name("DisableLogTail").value(true);
        }
        json.endObject();
    }
}
