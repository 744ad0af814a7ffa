package io.fleetscale.wire.tailcfg;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Who may log in at a node's SSH server; the first rule that fits counts. Source: control-protocol 6.10. */
public record SshPolicy(List<Rule> rules) {
    public static final SshPolicy NONE = new SshPolicy(List.of());

    public SshPolicy {
        rules = List.copyOf(rules);
    }

    /**
     * @param users requested name to local name; {@code *} is any, {@code =} the same name, an empty name refuses
     * @param acceptEnv names of variables, with {@code *} and {@code ?}
     */
    public record Rule(
            @Nullable Instant expires,
            List<Principal> principals,
            SortedMap<String, String> users,
            Action action,
            List<String> acceptEnv) {
        public Rule {
            principals = List.copyOf(principals);
            users = Collections.unmodifiableSortedMap(new TreeMap<>(users));
            acceptEnv = List.copyOf(acceptEnv);
        }

        void write(JsonWriter json) {
            json.beginObject();
            if (expires != null) {
                json.name("ruleExpires").value(expires);
            }
            json.objects("principals", principals, Principal::write);
            json.name("sshUsers").beginObject();
            users.forEach((requested, local) -> json.escapedName(requested).value(local));
            json.endObject().name("action");
            action.write(json);
            if (!acceptEnv.isEmpty()) {
                json.texts("acceptEnv", acceptEnv);
            }
            json.endObject();
        }
    }

    /** One of them is enough; empty texts are left out. */
    public record Principal(String node, String nodeIp, String userLogin, boolean any) {
        void write(JsonWriter json) {
            json.beginObject();
            text(json, "node", node);
            text(json, "nodeIP", nodeIp);
            text(json, "userLogin", userLogin);
            flag(json, "any", any);
            json.endObject();
        }
    }

    /** @param sessionDuration zero: no limit */
    public record Action(
            String message,
            boolean reject,
            boolean accept,
            Duration sessionDuration,
            boolean allowAgentForwarding,
            String holdAndDelegate,
            boolean allowLocalPortForwarding,
            boolean allowRemotePortForwarding) {
        public void write(JsonWriter json) {
            json.beginObject();
            text(json, "message", message);
            flag(json, "reject", reject);
            flag(json, "accept", accept);
            if (!sessionDuration.isZero()) {
                json.name("sessionDuration").value(sessionDuration.toNanos());
            }
            flag(json, "allowAgentForwarding", allowAgentForwarding);
            text(json, "holdAndDelegate", holdAndDelegate);
            flag(json, "allowLocalPortForwarding", allowLocalPortForwarding);
            flag(json, "allowRemotePortForwarding", allowRemotePortForwarding);
            json.endObject();
        }
    }

    public void write(JsonWriter json) {
        json.beginObject().objects("rules", rules, Rule::write).endObject();
    }

    private static void text(JsonWriter json, String name, String value) {
        if (!value.isEmpty()) {
            json.name(name).value(value);
        }
    }

    private static void flag(JsonWriter json, String name, boolean value) {
        if (value) {
            json.name(name).value(true);
        }
    }
}
