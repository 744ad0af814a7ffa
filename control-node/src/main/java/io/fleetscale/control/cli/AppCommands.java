package io.fleetscale.control.cli;

import io.fleetscale.proto.trust.v1.ApproveAppRequest;
import io.fleetscale.proto.trust.v1.ApproveAppResponse;

/** {@code apps}: consent to OAuth apps. */
final class AppCommands {
    private AppCommands() {}

    static CliCommand group() {
        return CliCommand.of("apps", "Consent to OAuth apps that provision devices")
                .command(CliCommand.of("approve", "Let an app provision one device; prints the authorization code")
                        .option(
                                CliOption.text("--client-id", "ID", "id of the app")
                                        .needed(),
                                CliOption.text("--redirect-uri", "URI", "where the app waits; one of its own")
                                        .needed(),
                                CliOption.text("--scope", "SCOPE", "one of the app's; by default its first"),
                                CliOption.text("-u,--user", "USER", "number or name of who consents")
                                        .needed())
                        .example("--client-id a1B2c3D4e5FCNTRL --redirect-uri https://app.example.com/cb --user alice")
                        .run(AppCommands::approve));
    }

    private static int approve(Invocation call) {
        ApproveAppRequest request = ApproveAppRequest.newBuilder()
                .setClientId(call.text("--client-id"))
                .setRedirectUri(call.text("--redirect-uri"))
                .setScope(call.text("--scope"))
                .setUser(call.text("--user"))
                .build();
        ApproveAppResponse approved =
                call.callMore("approving app", server -> server.apps().approveApp(request));
        return call.print(approved, approved.getCode());
    }
}
