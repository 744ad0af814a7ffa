package io.fleetscale.control.boot;

import java.io.PrintStream;
import java.nio.file.Path;

/** What {@code fleetscale dev} prints when it is ready. */
final class Banner {
    private Banner() {}

    static void print(PrintStream out, ReadyFile ready, Path data) {
        out.print("""

                Fleetscale is ready.

                  control URL    %1$s
                  admin API      curl -H "Authorization: Bearer $KEY" %1$s/api/v1/node
                                 HEADSCALE_UNIX_SOCKET=%2$s deploy/bin/headscale nodes list
                                 gRPC %3$s (TLS, CA %4$s)
                  metrics        http://%5$s/metrics
                  API key        %6$s
                  pre-auth key   %7$s   (reusable, user %8$s)
                  data           %9$s

                Join a device:
                  tailscale up --login-server=%1$s --authkey=%7$s

                Ctrl-C stops.
                """.formatted(
                        ready.url(),
                        ready.unixSocket(),
                        ready.grpc(),
                        ready.caFile(),
                        ready.metrics(),
                        ready.apiKey(),
                        ready.preAuthKey(),
                        ready.user(),
                        data));
        out.flush();
    }
}
