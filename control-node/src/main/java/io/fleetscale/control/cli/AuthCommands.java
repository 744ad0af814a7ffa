package io.fleetscale.control.cli;

import io.fleetscale.proto.admin.v1.ListPendingLoginsRequest;
import io.fleetscale.proto.admin.v1.PendingLogin;
import io.fleetscale.proto.admin.v1.SshSession;
import io.fleetscale.proto.headscale.v1.AuthApproveRequest;
import io.fleetscale.proto.headscale.v1.AuthRegisterRequest;
import io.fleetscale.proto.headscale.v1.AuthRejectRequest;
import io.fleetscale.proto.headscale.v1.DebugCreateNodeRequest;
import io.fleetscale.proto.headscale.v1.Node;
import java.util.List;

/** {@code auth} and {@code debug}. */
final class AuthCommands {
    private static final String AUTH_ID_PREFIX = "hskey-authreq-";
    private static final int AUTH_ID_LENGTH = 38;

    private AuthCommands() {}

    static CliCommand auth() {
        CliOption authId = CliOption.text("--auth-id", "AUTH-ID", "what the login page shows")
                .needed();
        return CliCommand.of("auth", "List, register, approve and reject waiting logins")
                .command(
                        CliCommand.of("list", "List who waits for approval, the oldest first")
                                .alias("ls", "show")
                                .run(AuthCommands::list),
                        CliCommand.of("register", "Register a waiting node for a user")
                                .option(
                                        CliOption.text("-u,--user", "NAME", "name or number of the owner")
                                                .needed(),
                                        authId)
                                .example("--user alice --auth-id hskey-authreq-AbCdEfGhIjKlMnOpQrStUvWx")
                                .run(AuthCommands::register),
                        CliCommand.of("approve", "Approve a waiting request")
                                .option(authId)
                                .example("--auth-id hskey-authreq-AbCdEfGhIjKlMnOpQrStUvWx")
                                .run(AuthCommands::approve),
                        CliCommand.of("reject", "Reject a waiting request")
                                .option(authId)
                                .example("--auth-id hskey-authreq-AbCdEfGhIjKlMnOpQrStUvWx")
                                .run(AuthCommands::reject));
    }

    static CliCommand debug() {
        return CliCommand.of("debug", "Commands for tests")
                .command(CliCommand.of("create-node", "Make a waiting node that \"auth register\" can register")
                        .option(
                                CliOption.text("--name", "NAME", "host name").needed(),
                                CliOption.text("-u,--user", "NAME", "a user that exists")
                                        .needed(),
                                CliOption.text("-k,--key", "AUTH-ID", "hskey-authreq- and 24 characters")
                                        .needed(),
                                CliOption.list("-r,--route", "ROUTE", "routes to show in the answer"))
                        .example("--user alice --name test-1 --key hskey-authreq-AbCdEfGhIjKlMnOpQrStUvWx")
                        .run(AuthCommands::createNode));
    }

    private static int list(Invocation call) {
        List<PendingLogin> logins = call.callMore(
                        "listing waiting logins",
                        server -> server.more().listPendingLogins(ListPendingLoginsRequest.getDefaultInstance()))
                .getLoginsList();
        return call.printList(logins, () -> {
            TableWriter table = call.table("Auth ID", "Hostname", "OS", "Source", "Since", "Wants");
            for (PendingLogin login : logins) {
                table.row()
                        .cell(login.getAuthId())
                        .cell(login.getHostname())
                        .cell(login.getOs())
                        .cell(login.getSourceAddress())
                        .cell(Invocation.time(login.getCreatedAt()))
                        .cell(wish(login));
            }
            return table;
        });
    }

    private static String wish(PendingLogin login) {
        if (!login.hasSshSession()) {
            return "to be a node";
        }
        SshSession session = login.getSshSession();
        return "SSH from " + session.getSourceName() + " to " + session.getLocalUser() + "@"
                + session.getDestinationName();
    }

    private static int register(Invocation call) {
        AuthRegisterRequest request = AuthRegisterRequest.newBuilder()
                .setUser(Names.userName(call, call.text("--user")))
                .setAuthId(call.text("--auth-id"))
                .build();
        Node node = call.call(
                        registering(request.getAuthId(), request.getUser()), server -> server.authRegister(request))
                .getNode();
        return call.print(node, "Node " + node.getGivenName() + " registered");
    }

    static String registering(String authId, String user) {
        return "registering node " + authId + " for user " + user;
    }

    private static int approve(Invocation call) {
        AuthApproveRequest request = AuthApproveRequest.newBuilder()
                .setAuthId(call.text("--auth-id"))
                .build();
        return call.print(
                call.call("approving auth request", server -> server.authApprove(request)), "Auth request approved");
    }

    private static int reject(Invocation call) {
        AuthRejectRequest request =
                AuthRejectRequest.newBuilder().setAuthId(call.text("--auth-id")).build();
        return call.print(
                call.call("rejecting auth request", server -> server.authReject(request)), "Auth request rejected");
    }

    private static int createNode(Invocation call) {
        String key = call.text("--key");
        if (!key.startsWith(AUTH_ID_PREFIX)) {
            throw new CliFailure(
                    "parsing machine key: auth ID has invalid prefix: expected prefix \"" + AUTH_ID_PREFIX + "\"");
        }
        if (key.length() != AUTH_ID_LENGTH) {
            throw new CliFailure("parsing machine key: auth ID has invalid length: expected " + AUTH_ID_LENGTH
                    + ", got " + key.length());
        }
        DebugCreateNodeRequest request = DebugCreateNodeRequest.newBuilder()
                .setName(call.text("--name"))
                .setUser(Names.userName(call, call.text("--user")))
                .setKey(key)
                .addAllRoutes(call.list("--route"))
                .build();
        return call.print(
                call.call("creating node", server -> server.debugCreateNode(request))
                        .getNode(),
                "Node created");
    }
}
