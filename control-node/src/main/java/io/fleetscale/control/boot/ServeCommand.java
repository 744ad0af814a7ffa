package io.fleetscale.control.boot;

import io.fleetscale.config.ConfigLoader;
import io.fleetscale.config.LoadedConfig;
import io.fleetscale.config.PostgresConfig;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.Invocation;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.StopSignals;
import io.fleetscale.runtime.logging.Logging;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code fleetscale serve}: an instance by its configuration file, on a database elsewhere. */
final class ServeCommand {
    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);
    private static final int FAILED = 1;

    private ServeCommand() {}

    static CliCommand command() {
        return CliCommand.of("serve", "Run the server by its configuration file")
                .run(ServeCommand::run);
    }

    private static int run(Invocation call) {
        LoadedConfig loaded = ConfigLoader.ofProcess().load(call.config());
        if (!loaded.isUsable()) {
            call.err().println("Fatal config error:");
            call.err().print(loaded.report());
            return FAILED;
        }
        ServerConfig config = loaded.config();
        try (AutoCloseable _ = Logging.start(config.log())) {
            LOG.atInfo()
                    .addKeyValue("file", loaded.file() == null ? "none" : loaded.file())
                    .addKeyValue("environment", loaded.fromEnvironment())
                    .log("configuration read");
            loaded.warnings().forEach(warning -> LOG.atWarn().log(warning.toString()));
            return serve(config);
        } catch (Exception e) {
            call.err().println("Error: " + StartFailure.describe(e));
            return FAILED;
        }
    }

    private static int serve(ServerConfig config) throws Exception {
        Lifecycle lifecycle = new Lifecycle();
        new StopSignals(lifecycle).install();
        StatePaths paths = StatePaths.of(config);
        InstanceGrid grid =
                InstanceGrid.of(config.cluster(), BuildInfo.ofProgram().numbers(), paths.gridWork());
        try {
            ControlNode node = new ControlNode(
                    config,
                    database(config.database().postgres()),
                    paths,
                    grid,
                    ListenerCertificates.of(config.tls(), config.cluster().tls(), InstantSource.system()));
            try {
                ControlNode.Running running = node.start();
                node.reloads().install();
                LOG.atInfo()
                        .addKeyValue("url", running.serverUrl())
                        .addKeyValue("listen", running.control())
                        .addKeyValue(
                                "metrics",
                                running.metrics().map(Object::toString).orElse("off"))
                        .log("ready");
                String unused = lifecycle.awaitStopRequest();
                node.drain();
            } finally {
                Lifecycle.End unused = node.stop();
            }
        } finally {
            grid.close();
        }
        return 0;
    }

    static DatabaseConfig database(PostgresConfig postgres) {
        return DatabaseConfig.of(
                        postgres.host(),
                        postgres.port() == 0 ? PostgresConfig.USUAL_PORT : postgres.port(),
                        postgres.name(),
                        postgres.user(),
                        postgres.password().value(),
                        postgres.sslMode())
                .withPools(
                        DatabaseConfig.DEFAULT_WRITE_CONNECTIONS,
                        Math.max(2, postgres.maxOpenConnections() - DatabaseConfig.DEFAULT_WRITE_CONNECTIONS))
                .withIdleTimeout(postgres.maxIdleTime());
    }
}
