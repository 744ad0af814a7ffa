package io.fleetscale.control.policy.engine;

import io.fleetscale.control.tailnet.HostFacts;
import io.fleetscale.control.tailnet.Node;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The attributes of a device: what its client reports, and what was set from outside. Source: policy 9.1. */
public final class DeviceFacts {
    private DeviceFacts() {}

    /** Strings, numbers and booleans by name; what is not known is left out. */
    public static Map<String, Object> of(Node node) {
        HostFacts host = node.host();
        Map<String, Object> facts = new TreeMap<>();
        put(facts, "node:os", host.os().toLowerCase(Locale.ROOT));
        put(facts, "node:osVersion", host.osVersion());
        String version = host.clientVersion();
        int dash = version.indexOf('-');
        put(facts, "node:tsVersion", dash < 0 ? version : version.substring(0, dash));
        String[] parts = version.split("\\.", -1);
        if (parts.length > 1 && parts[1].matches("[0-9]{1,6}")) {
            facts.put("node:tsReleaseTrack", Integer.parseInt(parts[1]) % 2 == 0 ? "stable" : "unstable");
        }
        facts.put("node:tsStateEncrypted", host.stateEncrypted());
        facts.put("node:tsAutoUpdate", host.autoUpdate());
        node.attributes()
                .forEach(attribute ->
                        facts.putIfAbsent(attribute.name(), attribute.value().raw()));
        return facts;
    }

    private static void put(Map<String, Object> facts, String name, String value) {
        if (!value.isEmpty()) {
            facts.put(name, value);
        }
    }
}
