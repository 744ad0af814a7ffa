package io.fleetscale.control.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.fleetscale.control.database.embedded.EmbeddedPostgres;
import io.fleetscale.grid.CacheDefinition;
import io.fleetscale.grid.Discovery;
import io.fleetscale.grid.Grid;
import io.fleetscale.grid.GridConfig;
import io.fleetscale.grid.GridMemory;
import io.fleetscale.grid.GridTls;
import io.fleetscale.grid.Member;
import io.fleetscale.grid.Version;
import io.fleetscale.grid.VersionedCache;
import io.fleetscale.runtime.net.FreePorts;
import io.fleetscale.runtime.tls.CertificateAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** Instances that find each other through the database that they share. */
class GridDiscoveryIT {
    private static final Path PROGRAMS = Path.of("target", "test-postgres-programs");
    private static final CacheDefinition<VersionedCache<Long>> NODES = CacheDefinition.versionedByNumber("nodes");

    @Test
    void startingAtOnceTheyMeetOverOneTable(@TempDir Path directory) throws Exception {
        Path home = Files.createDirectories(directory.resolve("postgres"));
        try (EmbeddedPostgres postgres = new EmbeddedPostgres(home, PROGRAMS)) {
            DataSource dataSource = dataSource(postgres.start());
            try (Grid first = grid("a", directory, dataSource);
                    Grid second = grid("b", directory, dataSource);
                    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<?> firstStart = threads.submit(first::start);
                Future<?> secondStart = threads.submit(second::start);
                firstStart.get();
                secondStart.get();
                await().atMost(Duration.ofSeconds(15))
                        .until(() -> first.membership().members().size() == 2);
                assertThat(second.membership().members())
                        .extracting(Member::instance)
                        .containsExactlyInAnyOrder("a", "b");
                first.cache(NODES).putIfNewer(1L, Version.of(1), ByteString.copyFromUtf8("one"));
                await().until(() -> second.cache(NODES).get(1L).isPresent());
                second.stop();
                await().atMost(Duration.ofSeconds(15))
                        .until(() -> first.membership().members().size() == 1);
            }
        }
    }

    private static DataSource dataSource(DatabaseConfig config) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(config.url());
        dataSource.setUser(config.user());
        dataSource.setPassword(config.password());
        return dataSource;
    }

    private static Grid grid(String instance, Path directory, DataSource dataSource)
            throws IOException, GeneralSecurityException {
        CertificateAuthority.in(directory, InstantSource.system())
                .issueFiles(directory, instance, List.of("127.0.0.1"));
        return new Grid(new GridConfig(
                instance,
                "0.1.0",
                directory.resolve("work-" + instance),
                "127.0.0.1",
                freePort(),
                freePort(),
                new Discovery.Database(dataSource, true),
                GridConfig.DEFAULT_JOIN_TIMEOUT,
                Optional.of(new GridTls(
                        directory.resolve(instance + ".crt"),
                        directory.resolve(instance + ".key"),
                        directory.resolve(CertificateAuthority.CERTIFICATE_FILE))),
                GridMemory.DEFAULT,
                GridConfig.DEFAULT_CONTENT_TIME_TO_LIVE,
                List.of(NODES)));
    }

    private static int freePort() throws IOException {
        return FreePorts.tcp(InetAddress.ofLiteral("127.0.0.1"), 1)[0];
    }
}
