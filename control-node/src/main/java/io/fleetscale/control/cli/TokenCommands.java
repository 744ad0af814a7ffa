package io.fleetscale.control.cli;

import io.fleetscale.proto.trust.v1.CreateTokenRequest;
import io.fleetscale.proto.trust.v1.CreateTokenResponse;
import io.fleetscale.proto.trust.v1.ListTokensRequest;
import io.fleetscale.proto.trust.v1.RevokeTokenRequest;
import io.fleetscale.proto.trust.v1.Token;
import java.util.List;

/** {@code tokens}: access tokens for the API v2. */
final class TokenCommands {
    private TokenCommands() {}

    static CliCommand group() {
        return CliCommand.of("tokens", "Create, list and revoke access tokens for the Tailscale API (/api/v2)")
                .alias("token")
                .command(
                        CliCommand.of("create", "Create an access token of a user; it is shown this once")
                                .alias("c", "new")
                                .option(
                                        CliOption.text("-u,--user", "USER", "number or name of the owner")
                                                .needed(),
                                        CliOption.text("-d,--days", "N", "how long it lives: 1 to 90 whole days")
                                                .orElse("90"),
                                        CliOption.text("--description", "TEXT", "what it is for"))
                                .example("--user alice --days 30 --description terraform")
                                .run(TokenCommands::create),
                        CliCommand.of("list", "List tokens and trust credentials, with those that ended lately")
                                .alias("ls", "show")
                                .example("-o json")
                                .run(TokenCommands::list),
                        CliCommand.of("revoke", "End a token or trust credential on every instance")
                                .alias("delete", "rm")
                                .argument("ID")
                                .example("k1a2B3c4D5eCNTRL")
                                .run(TokenCommands::revoke));
    }

    /** {@code users set-role}. */
    private static int create(Invocation call) {
        String days = call.text("--days");
        if (!days.matches("[0-9]{1,9}")) {
            throw new CliFailure("--days \"" + days + "\": must be a whole number from 1 to 90");
        }
        CreateTokenRequest request = CreateTokenRequest.newBuilder()
                .setUser(call.text("--user"))
                .setDays(Long.parseLong(days))
                .setDescription(call.text("--description"))
                .build();
        CreateTokenResponse created =
                call.callMore("creating token", server -> server.tokens().createToken(request));
        return call.print(created, created.getText());
    }

    private static int list(Invocation call) {
        List<Token> tokens = call.callMore(
                        "listing tokens", server -> server.tokens().listTokens(ListTokensRequest.getDefaultInstance()))
                .getTokensList();
        return call.printList(tokens, () -> {
            TableWriter table =
                    call.table("ID", "Type", "User", "Description", "Scopes", "Created", "Expires", "Revoked");
            for (Token token : tokens) {
                table.row()
                        .cell(token.getId())
                        .cell(token.getType())
                        .cell(token.getUser())
                        .cell(token.getDescription())
                        .cell(String.join("\n", token.getScopesList()))
                        .cell(Invocation.time(token.getCreatedAt()))
                        .cell(token.hasExpiresAt() ? Invocation.time(token.getExpiresAt()) : "never")
                        .cell(token.hasRevokedAt() ? Invocation.time(token.getRevokedAt()) : "-");
            }
            return table;
        });
    }

    private static int revoke(Invocation call) {
        if (call.arguments().size() != 1) {
            throw new CliFailure("name the token by its ID, as \"" + call.program() + " tokens list\" shows it");
        }
        RevokeTokenRequest request = RevokeTokenRequest.newBuilder()
                .setId(call.arguments().getFirst())
                .build();
        return call.print(
                call.callMore("revoking token", server -> server.tokens().revokeToken(request)), "Token revoked");
    }
}
