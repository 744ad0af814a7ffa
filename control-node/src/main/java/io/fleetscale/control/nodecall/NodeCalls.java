package io.fleetscale.control.nodecall;

import com.google.protobuf.ByteString;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.device.ClientAttributes;
import io.fleetscale.control.frontdoor.noise.MapStream;
import io.fleetscale.control.frontdoor.noise.NoiseRequest;
import io.fleetscale.control.frontdoor.noise.NoiseResponse;
import io.fleetscale.control.frontdoor.noise.NoiseRoutes;
import io.fleetscale.control.nodecert.SetDnsCall;
import io.fleetscale.control.registration.RegisterRpc;
import io.fleetscale.control.session.Caller;
import io.fleetscale.control.session.MapReply;
import io.fleetscale.control.session.MapService;
import io.fleetscale.control.session.Pings;
import io.fleetscale.control.ssh.SshActionRpc;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.MapRequest;
import io.fleetscale.wire.tailcfg.TailcfgException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls of clients. Features that this server does not offer answer 501 with a text: clients then go on without them.
 * Thread-safe.
 */
public final class NodeCalls {
    private static final Logger LOG = LoggerFactory.getLogger(NodeCalls.class);

    private final Changelog changelog;
    private final RegisterRpc registration;
    private final MapService maps;
    private final Pings pings;
    private final SshActionRpc sshActions;
    private final ClientAttributes attributes;
    private final SetDnsCall setDns;

    public NodeCalls(
            Changelog changelog,
            RegisterRpc registration,
            MapService maps,
            Pings pings,
            SshActionRpc sshActions,
            ClientAttributes attributes,
            SetDnsCall setDns) {
        this.changelog = changelog;
        this.registration = registration;
        this.maps = maps;
        this.pings = pings;
        this.sshActions = sshActions;
        this.attributes = attributes;
        this.setDns = setDns;
    }

    /** Puts every call on its path. */
    public NoiseRoutes routes() {
        NoiseRoutes routes = new NoiseRoutes()
                .naming(this::namesOf)
                .add("POST", "/machine/register", this::register)
                .add("POST", "/machine/map", this::map)
                .add("POST", "/machine/c2n/{token}", this::answered)
                .add("POST", "/machine/ping-response/{token}", this::answered)
                .add("HEAD", "/machine/ping-response/{token}", this::answered)
                // newer clients do not send it any more, and nothing is done with it
                .add("POST", "/machine/update-health", (request, response) -> response.answer(204))
                .add("GET", "/machine/whoami", this::whoAmI)
                .add("POST", "/machine/set-dns", setDns::handle)
                .add("PATCH", "/machine/set-device-attr", attributes::handle)
                .add("POST", "/machine/feature/query", NodeCalls::queryFeature);
        unoffered(routes, "POST", "/machine/id-token", "this server issues no identity tokens");
        unoffered(routes, "POST", "/machine/audit-log", "this server takes no audit log from clients");
        sshActions.register(routes);
        for (String call : new String[] {
            "init/begin", "init/finish", "bootstrap", "sync/offer", "sync/send", "disable", "sign", "affected-sigs"
        }) {
            unoffered(routes, "GET", "/machine/tka/" + call, "this server has no tailnet lock");
        }
        return routes;
    }

    private static void unoffered(NoiseRoutes routes, String method, String path, String why) {
        routes.add(method, path, (request, response) -> response.answerText(501, why + "\n"));
    }

    private void register(NoiseRequest request, NoiseResponse response) {
        RegisterRpc.Answer answer =
                registration.handle(request.peer(), request.source().toString(), request.body());
        response.answer(answer.status(), answer.headers(), answer.body());
    }

    private void map(NoiseRequest request, NoiseResponse response) {
        MapRequest parsed;
        try {
            parsed = MapRequest.parse(request.body());
        } catch (TailcfgException e) {
            LOG.atInfo()
                    .addKeyValue("machine", request.peer().toShortText())
                    .addKeyValue("reason", e.getMessage())
                    .log("map request refused");
            response.answerText(400, e.getMessage() + "\n");
            return;
        }
        Caller caller = new Caller(request.connection(), request.source());
        maps.handle(request.peer(), caller, parsed, new Reply(response));
    }

    private record Reply(NoiseResponse response) implements MapReply {
        @Override
        public void done() {
            response.answer(200);
        }

        @Override
        public void refuse(int status, String reason) {
            response.answerText(status, reason + "\n");
        }

        @Override
        public MapStream open() {
            return response.openStream(200, "application/json");
        }
    }

    /** The answer to a ping or to a request to the client's own handlers; clients never read a body here. */
    private void answered(NoiseRequest request, NoiseResponse response) {
        boolean expected = pings.answer(request.variable("token"), request.peer(), ByteString.copyFrom(request.body()));
        response.answer(expected ? 204 : 404);
    }

    private String namesOf(MachineKey machine) {
        return changelog.image().nodesByMachine(machine).stream()
                .map(Node::givenName)
                .collect(Collectors.joining(", "));
    }

    private void whoAmI(NoiseRequest request, NoiseResponse response) {
        String nodes = namesOf(request.peer());
        response.answerText(
                200,
                "machine " + request.peer() + (nodes.isEmpty() ? ", not registered" : ", registered as " + nodes)
                        + "\n");
    }

    /** What the command line of a client shows when somebody wants serve or funnel: that there is none. */
    private static void queryFeature(NoiseRequest request, NoiseResponse response) {
        response.answerJson(
                200, "{\"Text\":\"This control server does not offer the feature.\"}".getBytes(StandardCharsets.UTF_8));
    }
}
