package io.fleetscale.control.cli;

import io.fleetscale.proto.trust.v1.CreateClientRequest;
import io.fleetscale.proto.trust.v1.CreateClientResponse;
import io.fleetscale.proto.trust.v1.ListTokensRequest;
import io.fleetscale.proto.trust.v1.RevokeTokenRequest;
import io.fleetscale.proto.trust.v1.Token;
import java.util.List;

/** {@code oauth-clients}, as headscale 0.30 has them. Source: headscale-surface 4.3. */
final class OAuthClientCommands {
    private static final String CLIENT = "client";

    private OAuthClientCommands() {}

    static CliCommand group() {
        return CliCommand.of("oauth-clients", "Create, list and delete OAuth clients of the Tailscale API (/api/v2)")
                .alias("oauth-client", "oauthclients", "oauthclient", "oauth")
                .command(
                        CliCommand.of("create", "Create a client; its secret is shown this once")
                                .alias("c", "new")
                                .option(
                                        CliOption.list("-s,--scope", "SCOPE", "what it may do, like devices:core:read")
                                                .needed(),
                                        CliOption.list("-t,--tag", "TAG", "tags of what it makes"),
                                        CliOption.text("-d,--description", "TEXT", "what it is for"))
                                .example("--scope auth_keys --tag tag:ci --description pipeline")
                                .run(OAuthClientCommands::create),
                        CliCommand.of("list", "List the clients")
                                .alias("ls", "show")
                                .example("-o json")
                                .run(OAuthClientCommands::list),
                        CliCommand.of("delete", "Delete a client; its tokens end on every instance")
                                .alias("remove", "del")
                                .option(CliOption.text("-i,--id", "ID", "id of the client")
                                        .needed())
                                .example("-i k1a2B3c4D5eCNTRL")
                                .run(OAuthClientCommands::delete));
    }

    private static int create(Invocation call) {
        CreateClientRequest request = CreateClientRequest.newBuilder()
                .addAllScopes(call.list("--scope"))
                .addAllTags(call.list("--tag"))
                .setDescription(call.text("--description"))
                .build();
        CreateClientResponse created =
                call.callMore("creating OAuth client", server -> server.tokens().createClient(request));
        return call.print(
                created,
                "OAuth client " + created.getClient().getId() + " created.\nSecret, shown this once: "
                        + created.getSecret());
    }

    private static List<Token> clients(Invocation call) {
        return call
                .callMore(
                        "listing OAuth clients",
                        server -> server.tokens().listTokens(ListTokensRequest.getDefaultInstance()))
                .getTokensList()
                .stream()
                .filter(token -> token.getType().equals(CLIENT) && !token.hasRevokedAt())
                .toList();
    }

    private static int list(Invocation call) {
        List<Token> clients = clients(call);
        return call.printList(clients, () -> {
            TableWriter table = call.table("ID", "Scopes", "Tags", "Description", "Created");
            for (Token client : clients) {
                table.row()
                        .cell(client.getId())
                        .cell(String.join("\n", client.getScopesList()))
                        .cell(String.join("\n", client.getTagsList()))
                        .cell(client.getDescription())
                        .cell(Invocation.time(client.getCreatedAt()));
            }
            return table;
        });
    }

    private static int delete(Invocation call) {
        String id = call.text("--id");
        if (clients(call).stream().noneMatch(client -> client.getId().equals(id))) {
            throw new CliFailure(
                    "OAuth client \"" + id + "\" not found, \"" + call.program() + " oauth-clients list\" shows all");
        }
        RevokeTokenRequest request = RevokeTokenRequest.newBuilder().setId(id).build();
        return call.print(
                call.callMore("deleting OAuth client", server -> server.tokens().revokeToken(request)),
                "OAuth client deleted");
    }
}
