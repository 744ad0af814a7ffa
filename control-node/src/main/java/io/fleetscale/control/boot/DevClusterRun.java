package io.fleetscale.control.boot;

import io.fleetscale.control.database.embedded.EmbeddedPostgres;
import io.fleetscale.control.dev.DevCluster;
import io.fleetscale.control.dev.StartRequests;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.StopSignals;
import io.fleetscale.runtime.net.HostPort;
import io.fleetscale.runtime.tls.CertificateAuthority;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;

/** {@code fleetscale dev --instances N}: PostgreSQL here, everything else as processes of their own. */
final class DevClusterRun {
    private DevClusterRun() {}

    /** Runs until it is asked to stop. */
    static int run(DevOptions options, PrintStream out) throws Exception {
        Lifecycle lifecycle = new Lifecycle();
        new StopSignals(lifecycle).install();
        try (EmbeddedPostgres postgres = new EmbeddedPostgres(options.data().resolve("postgres"));
                DevCluster cluster = DevCluster.start(plan(options), postgres.start());
                StartRequests _ = StartRequests.listen(options.data(), cluster.processes())) {
            DevRelayRun.settle(cluster.unixSocket(), cluster.relays());
            ReadyFile ready = ready(options, cluster);
            Banner.print(out, ready, options.data());
            if (options.readyFile() != null) {
                ready.write(options.readyFile());
            }
            if (options.stopWhenReady()) {
                lifecycle.requestStop("--stop-when-ready");
            }
            String unused = lifecycle.awaitStopRequest();
        }
        return 0;
    }

    private static DevCluster.Plan plan(DevOptions options) throws IOException {
        HostPort asked = HostPort.parse(options.listen());
        HostPort listen = asked.port() == 0 ? new HostPort(asked.host(), DevCommand.freePort(asked)) : asked;
        String host = listen.isEverywhere() ? DevCommand.addressForOthers() : listen.host();
        return new DevCluster.Plan(
                options.data(),
                listen,
                host,
                options.stun(listen.host()),
                options.serverUrl() == null ? "http://" + new HostPort(host, listen.port()) : options.serverUrl(),
                options.baseDomain(),
                options.logLevel(),
                options.flowLogs(),
                options.instances(),
                Math.max(1, options.relays()),
                options.regions());
    }

    private static ReadyFile ready(DevOptions options, DevCluster cluster) throws IOException {
        Path socket = cluster.unixSocket();
        DevCredentials credentials;
        try (LocalAdministration server = new LocalAdministration(socket)) {
            credentials = DevCredentials.ensure(options.data().resolve("credentials.json"), server, Instant.now());
        }
        DevCluster.Instance first = cluster.instances().getFirst();
        return new ReadyFile(
                cluster.url(),
                first.grpc(),
                first.metrics(),
                socket,
                options.data().resolve("ca").resolve(CertificateAuthority.CERTIFICATE_FILE),
                credentials.apiKey(),
                credentials.preAuthKey(),
                credentials.user(),
                ProcessHandle.current().pid(),
                "",
                cluster.instances(),
                cluster.relays());
    }
}
