package io.fleetscale.control.ssh;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.frontdoor.noise.NoiseRequest;
import io.fleetscale.control.frontdoor.noise.NoiseResponse;
import io.fleetscale.control.frontdoor.noise.NoiseRoutes;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.util.Optional;

/**
 * {@code GET /machine/ssh/action/SRC/to/DST} inside Noise. What is not 200 makes the client ask again, for half an hour.
 * Thread-safe; blocks: for virtual threads. Source: control-protocol 3.3; headscale-surface 7.6.
 */
public final class SshActionRpc {
    private static final int JSON_BYTES = 512;

    private final SshChecks checks;

    public SshActionRpc(SshChecks checks) {
        this.checks = checks;
    }

    /** Puts the call on its path. */
    public void register(NoiseRoutes routes) {
        routes.add("GET", "/machine/ssh/action/{source}/to/{destination}", this::handle);
    }

    private void handle(NoiseRequest request, NoiseResponse response) {
        Optional<NodeId> source = nodeId(request.variable("source"));
        if (source.isEmpty()) {
            response.answerText(400, "Invalid src_node_id\n");
            return;
        }
        Optional<NodeId> destination = nodeId(request.variable("destination"));
        if (destination.isEmpty()) {
            response.answerText(400, "Invalid dst_node_id\n");
            return;
        }
        SshReply reply;
        try {
            reply = checks.answer(
                    request.peer(),
                    source.get(),
                    destination.get(),
                    request.query("auth_id").filter(id -> !id.isEmpty()),
                    request.query("local_user").orElse(""),
                    request.source().toString());
        } catch (ControlException e) {
            response.answerText(e.code().httpStatus(), e.detail() + "\n");
            return;
        }
        switch (reply) {
            case SshReply.Act act -> {
                JsonWriter json = new JsonWriter(JSON_BYTES);
                act.action().write(json);
                response.answerJson(200, json.toBytes());
            }
            case SshReply.Refused refused -> response.answerText(refused.status(), refused.reason() + "\n");
        }
    }

    private static Optional<NodeId> nodeId(String text) {
        try {
            long id = Long.parseLong(text);
            return id > 0 ? Optional.of(new NodeId(id)) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
