package io.fleetscale.wire.tailcfg;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpEndpoint;
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
        public static Principal ofAddress(IpAddress address) {
            return new Principal("", address.toString(), "", false);
        }

        void write(JsonWriter json) {
            json.beginObject();
            text(json, "node", node);
            text(json, "nodeIP", nodeIp);
            text(json, "userLogin", userLogin);
            flag(json, "any", any);
            json.endObject();
        }
    }

    /**
     * @param sessionDuration zero: no limit
     * @param holdAndDelegate URL that the node asks for the action to take; {@code $SRC_NODE_ID} and the like are replaced
     * @param recorders where sessions are recorded; empty: nowhere
     * @param onRecordingFailure absent: the session goes on unrecorded
     */
    public record Action(
            String message,
            boolean reject,
            boolean accept,
            Duration sessionDuration,
            boolean allowAgentForwarding,
            String holdAndDelegate,
            boolean allowLocalPortForwarding,
            boolean allowRemotePortForwarding,
            List<IpEndpoint> recorders,
            @Nullable RecordingFailure onRecordingFailure) {
        /** Lets the session in with every kind of forwarding. */
        public static final Action ACCEPT =
                new Action("", false, true, Duration.ZERO, true, "", true, true, List.of(), null);

        public Action {
            recorders = List.copyOf(recorders);
        }

        /** The node asks {@code url} and does what the answer says. */
        public static Action delegate(String url) {
            return new Action("", false, false, Duration.ZERO, false, url, false, false, List.of(), null);
        }

        /** The user is told {@code message} and the session ends. */
        public static Action reject(String message) {
            return new Action(message, true, false, Duration.ZERO, false, "", false, false, List.of(), null);
        }

        /** The same with a text for the user. */
        public Action withMessage(String newMessage) {
            return new Action(
                    newMessage,
                    reject,
                    accept,
                    sessionDuration,
                    allowAgentForwarding,
                    holdAndDelegate,
                    allowLocalPortForwarding,
                    allowRemotePortForwarding,
                    recorders,
                    onRecordingFailure);
        }

        public Action withRecorders(List<IpEndpoint> newRecorders, @Nullable RecordingFailure onFailure) {
            return new Action(
                    message,
                    reject,
                    accept,
                    sessionDuration,
                    allowAgentForwarding,
                    holdAndDelegate,
                    allowLocalPortForwarding,
                    allowRemotePortForwarding,
                    newRecorders,
                    onFailure);
        }

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
            if (!recorders.isEmpty()) {
                json.plainTexts("recorders", recorders);
            }
            if (onRecordingFailure != null) {
                json.name("onRecordingFailure").beginObject();
                text(json, "RejectSessionWithMessage", onRecordingFailure.rejectMessage());
                text(json, "TerminateSessionWithMessage", onRecordingFailure.terminateMessage());
                json.endObject();
            }
            json.endObject();
        }
    }

    /**
     * What the user is told when recording is impossible. Source: tailscale tailcfg.go, SSHRecorderFailureAction.
     *
     * @param rejectMessage empty: a session that cannot be recorded starts
     * @param terminateMessage empty: a session whose recording breaks goes on
     */
    public record RecordingFailure(String rejectMessage, String terminateMessage) {}

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
