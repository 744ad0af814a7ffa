package io.fleetscale.loadtest.process;

import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.database.embedded.EmbeddedPostgres;
import io.fleetscale.runtime.AtomicFiles;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.StopSignals;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code loadtest postgres}: the database server of {@code fleetscale dev} alone, to try {@code fleetscale serve} with. */
@Command(
        name = "postgres",
        description = "Runs a PostgreSQL on loopback until SIGTERM, for tests of \"fleetscale serve\".")
public final class PostgresCommand implements Callable<Integer> {
    @Option(names = "--data", paramLabel = "DIR", required = true, description = "Its data; only one server uses it.")
    private Path data = Path.of("");

    @Option(
            names = "--ready-file",
            paramLabel = "FILE",
            required = true,
            description = "Written when it runs: \"host\", \"port\", \"name\", \"user\" and \"password\" as JSON.")
    private Path readyFile = Path.of("");

    @Override
    public Integer call() throws Exception {
        Lifecycle lifecycle = new Lifecycle();
        new StopSignals(lifecycle).install();
        try (EmbeddedPostgres server = new EmbeddedPostgres(data.toAbsolutePath())) {
            DatabaseConfig database = server.start();
            URI url = URI.create(database.url().substring("jdbc:".length()));
            AtomicFiles.writeText(
                    readyFile.toAbsolutePath(),
                    """
                    {"host":"%s","port":%d,"name":"%s","user":"%s","password":"%s"}
                    """.formatted(
                                    url.getHost(),
                                    url.getPort(),
                                    url.getPath().substring(1),
                                    database.user(),
                                    database.password()),
                    AtomicFiles.OWNER_ONLY);
            String unused = lifecycle.awaitStopRequest();
        }
        return 0;
    }
}
