package io.fleetscale.control.boot;

import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.CliFailure;
import io.fleetscale.control.cli.Invocation;
import io.fleetscale.control.mockissuer.MockIssuer;
import io.fleetscale.control.mockissuer.MockSettings;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.StopSignals;
import java.io.IOException;

/** {@code fleetscale mockoidc}: an issuer that lets everybody in, for tests of logins. Source: headscale-surface 4.4. */
final class MockOidcCommand {
    private MockOidcCommand() {}

    static CliCommand command() {
        return CliCommand.of("mockoidc", "Run an OpenID Connect issuer for tests, set up by MOCKOIDC_* variables")
                .run(MockOidcCommand::run);
    }

    private static int run(Invocation call) {
        Lifecycle lifecycle = new Lifecycle();
        new StopSignals(lifecycle).install();
        try (MockIssuer issuer = new MockIssuer(MockSettings.of(System.getenv()))) {
            issuer.start();
            call.err().println("the issuer is " + issuer.issuer() + "; it lets everybody in, so keep it to tests");
            String unused = lifecycle.awaitStopRequest();
            return 0;
        } catch (IllegalArgumentException | IOException e) {
            throw new CliFailure("mockoidc: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }
}
