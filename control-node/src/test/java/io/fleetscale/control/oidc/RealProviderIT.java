package io.fleetscale.control.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.config.OidcConfig;
import io.fleetscale.config.Secret;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.oidc.Browser.Page;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.GoServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A login at a provider that others wrote: the example server of zitadel/oidc, an OpenID-certified library in Go. */
class RealProviderIT {
    private static final Pattern REQUEST = Pattern.compile("name=\"id\" value=\"([^\"]+)\"");

    @Test
    void aPersonLogsInWithNameAndPassword(@TempDir Path directory) throws Exception {
        Path program = GoServer.build(directory, "github.com/zitadel/oidc/v3/example/server");
        int port = GoServer.freePort();
        OidcConfig config = new OidcConfig(
                "http://localhost:" + port + "/",
                false,
                "web",
                new Secret("secret"),
                null,
                List.of("openid", "profile", "email"),
                Map.of(),
                new OidcConfig.Allowed(List.of("zitadel.ch"), List.of(), List.of()),
                true,
                false,
                OidcConfig.Pkce.S256,
                null,
                "groups");
        try (LoginServer server = new LoginServer(config, 1, Duration.ofMillis(200));
                GoServer provider = GoServer.start(
                        Map.of("PORT", Integer.toString(port), "REDIRECT_URI", server.serverUrl() + "/oidc/callback"),
                        directory.resolve("provider.log"),
                        List.of(program.toString()));
                Browser browser = new Browser()) {
            await().atMost(Duration.ofSeconds(20)).until(() -> provider.isAlive() && listens(port));
            PendingLogin login = server.machine("laptop");
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> browser.get(server.registerUri(login)).status() == 302);

            Page form = browser.open(server.registerUri(login));
            Matcher request = REQUEST.matcher(form.text());
            assertThat(request.find()).as(form.text()).isTrue();
            Page signedIn = browser.post(
                    URI.create("http://localhost:" + port + "/login/username"),
                    "id=" + request.group(1) + "&username=test-user%40localhost&password=verysecure");
            Page question = browser.open(signedIn.next());
            assertThat(question.text()).contains("Is this your machine?", "laptop");
            Page done = browser.press(question);

            assertThat(done.status()).as(done.text()).isEqualTo(200);
            User user = server.onlyUser();
            assertThat(user.providerId()).isEqualTo("http://localhost:" + port + "/id1");
            assertThat(user.email()).isEqualTo("test-user@zitadel.ch");
            assertThat(server.tailnet.image().nodeByKey(login.nodeKey())).isNotNull();
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
