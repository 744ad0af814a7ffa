package io.fleetscale.control.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.backup.Archive;
import io.fleetscale.control.backup.ArchiveWriter;
import io.fleetscale.control.backup.BackupException;
import io.fleetscale.control.backup.BackupManifest;
import io.fleetscale.control.backup.BackupProgress;
import io.fleetscale.control.backup.DatabaseBackup;
import io.fleetscale.control.backup.DatabaseRestore;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.database.SchemaVersions;
import io.fleetscale.control.preauthkey.NewPreAuthKey;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.control.user.NewUser;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.noise.MachinePrivateKey;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backup of a server that writes meanwhile, restores of it, and everything that a restore refuses. */
@Timeout(180)
class BackupRestoreIT {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String POLICY = "{ // nobody\n \"acls\": [], }";
    private static final String NODE_KEY = "nodekey:" + "5a".repeat(32);
    private static final MachinePrivateKey MACHINE = MachinePrivateKey.generate(RANDOM);
    private static final Map<Long, TailnetImage> IMAGES = new ConcurrentHashMap<>();
    private static final AtomicInteger NUMBER = new AtomicInteger();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private static Path directory;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static Path archive;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static MachineKey noiseKey;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static String apiKey;

    private static DatabaseConfig source = TestDatabase.fresh();
    private static long incarnation;

    /** A server that is used, and backed up while somebody writes. */
    @BeforeAll
    static void backup() throws Exception {
        Path home = Files.createDirectory(directory.resolve("source"));
        archive = directory.resolve("backup.zip");
        try (TestServer server = TestServer.start(home, source, null)) {
            ControlNode.Running running = server.running();
            running.changelog().addListener(new ImageListener() {
                @Override
                public void loaded(TailnetImage image) {
                    IMAGES.put(image.version(), image);
                }

                @Override
                public void applied(TailnetImage before, TailnetDelta delta, TailnetImage after) {
                    IMAGES.put(after.version(), after);
                }
            });
            User alice = get(running.users().create(new NewUser("alice", "", "", "")));
            String preAuthKey = get(running.preAuthKeys()
                            .create(new NewPreAuthKey(
                                    alice.id(), false, false, Instant.now().plus(Duration.ofDays(1)), List.of())))
                    .text();
            apiKey = get(running.apiKeys().create(Instant.now().plus(Duration.ofDays(1))))
                    .text();
            noiseKey = server.noiseKey();
            assertThat(server.register(MACHINE, NODE_KEY, preAuthKey)
                            .path("MachineAuthorized")
                            .asBoolean())
                    .isTrue();
            assertThat(server.api("PUT", "/api/v1/policy", apiKey, "{\"policy\":" + quoted(POLICY) + "}")
                            .statusCode())
                    .isEqualTo(200);
            AtomicInteger written = new AtomicInteger();
            Thread writer = Thread.ofVirtual().start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    try {
                        get(running.users().create(new NewUser("writer-" + written.incrementAndGet(), "", "", "")));
                    } catch (Exception e) {
                        return;
                    }
                }
            });
            await().atMost(Duration.ofSeconds(30)).until(() -> written.get() > 20);
            CommandRun run = run("backup", archive.toString(), "-c", config("source", source, home, ""));
            assertThat(run.err()).isEmpty();
            assertThat(run.exitCode()).isZero();
            int during = written.get();
            await().atMost(Duration.ofSeconds(30)).until(() -> written.get() > during);
            writer.interrupt();
            writer.join();
            assertThat(run.out()).contains("backed up to").contains("3 key files");
        }
        incarnation = number(source, "SELECT last_value FROM instance_incarnations");
    }

    private static <R> R get(java.util.concurrent.Future<R> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    private static CommandRun run(String... arguments) {
        return CommandRun.of(List.of(BackupCommands.backup(), BackupCommands.restore()), arguments);
    }

    /** The configuration file of an instance. */
    private static String config(String name, DatabaseConfig database, Path home, String more) throws Exception {
        URI url = URI.create(database.url().substring("jdbc:".length()));
        return Files.writeString(directory.resolve(name + "-" + NUMBER.incrementAndGet() + ".yaml"), """
                        noise: {private_key_path: %s/noise_private.key}
                        relays: {token_path: %s/relay.token}
                        database:
                          type: postgres
                          postgres: {host: %s, port: %d, name: %s, user: %s, pass: %s}
                        %s
                        """.formatted(
                                home,
                                home,
                                url.getHost(),
                                url.getPort(),
                                url.getPath().substring(1),
                                database.user(),
                                database.password(),
                                more))
                .toString();
    }

    private static long number(DatabaseConfig config, String sql) throws SQLException {
        try (Connection connection = TestDatabase.connect(config);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static boolean isUntouched(DatabaseConfig config) throws SQLException {
        return SchemaVersions.stored(config) == 0
                && number(config, "SELECT count(*) FROM pg_namespace WHERE nspname = 'fleetscale_restore'") == 0;
    }

    private static BackupManifest manifest(Path file) throws Exception {
        try (Archive opened = Archive.open(file)) {
            return opened.manifest();
        }
    }

    private static BackupProgress silent() {
        return new BackupProgress(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
    }

    /** A new home and database, restored into. */
    private record Restored(Path home, DatabaseConfig database, String config) {
        static Restored make(String name) throws Exception {
            Path home = directory.resolve(name + "-" + NUMBER.incrementAndGet());
            DatabaseConfig database = TestDatabase.fresh();
            String file = BackupRestoreIT.config(name, database, home, "");
            CommandRun run = run("restore", archive.toString(), "-c", file);
            assertThat(run.err()).isEmpty();
            assertThat(run.exitCode()).isZero();
            return new Restored(home, database, file);
        }
    }

    @Test
    void aServerGoesOnFromTheMomentOfTheBackup() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(archive)))
                .isEqualTo("rw-------");
        BackupManifest manifest = manifest(archive);
        TailnetImage then = IMAGES.get(manifest.head());
        assertThat(then).as("image of change " + manifest.head()).isNotNull();
        Restored place = Restored.make("second");
        assertThat(number(place.database(), "SELECT count(*) FROM instances")).isZero();
        assertThat(number(place.database(), "SELECT max(version) FROM log")).isEqualTo(manifest.head());
        try (TestServer server = TestServer.start(place.home(), place.database(), null)) {
            assertThat(server.noiseKey()).isEqualTo(noiseKey);
            TailnetImage image = server.running().changelog().image();
            assertThat(image.users()).isEqualTo(then.users());
            assertThat(image.nodes()).isEqualTo(then.nodes());
            assertThat(image.nodes()).hasSize(1);
            assertThat(server.api("GET", "/api/v1/policy", apiKey, null).body()).contains("nobody");
            assertThat(server.api("GET", "/api/v1/user?name=alice", apiKey, null)
                            .body())
                    .contains("\"alice\"");
            assertThat(server.register(MACHINE, NODE_KEY, "")
                            .path("MachineAuthorized")
                            .asBoolean())
                    .as("the node comes back without a login")
                    .isTrue();
            assertThat(server.running().changelog().image().nodes()).hasSize(1);
            User next = get(server.running().users().create(new NewUser("after", "", "", "")));
            assertThat(next.id().value()).isEqualTo(then.counters().nextUser());
        }
        assertThat(number(place.database(), "SELECT max(incarnation) FROM instances"))
                .as("no start has the number of an earlier one")
                .isGreaterThan(incarnation);
    }

    @Test
    void whatIsDamagedChangesNothing() throws Exception {
        byte[] whole = Files.readAllBytes(archive);
        DatabaseConfig database = TestDatabase.fresh();
        Path home = directory.resolve("damaged");
        String config = config("damaged", database, home, "");
        long seed = 20261125;
        Random random = new Random(seed);
        for (int i = 0; i < 40; i++) {
            byte[] broken = whole.clone();
            int at = random.nextInt(broken.length);
            broken[at] ^= (byte) (1 << random.nextInt(8));
            Path file = Files.write(directory.resolve("broken.zip"), broken);
            assertThat(changesNothing(file))
                    .as("seed %d, bit flipped at %d", seed, at)
                    .isTrue();
        }
        Path cut = Files.write(directory.resolve("cut.zip"), java.util.Arrays.copyOf(whole, whole.length / 2));
        CommandRun run = run("restore", cut.toString(), "-c", config);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("damaged");
        Path changed = rewritten("tables/users.copy", text -> text.replace("alice", "alive"));
        assertThat(run("restore", changed.toString(), "-c", config).err())
                .contains("tables/users.copy is not what its manifest says");
        assertThat(run("restore", directory.resolve("none.zip").toString(), "-c", config)
                        .err())
                .contains("no such file");
        assertThat(isUntouched(database)).isTrue();
        assertThat(home).doesNotExist();
    }

    /** Whether the archive is refused, or holds what it held: some bytes of a ZIP file, such as times, mean nothing to us. */
    private static boolean changesNothing(Path file) throws Exception {
        try (Archive opened = Archive.open(file)) {
            opened.verify(silent());
            return opened.manifest().equals(manifest(archive));
        } catch (BackupException | java.io.IOException e) {
            return true;
        }
    }

    /** The archive with one entry changed, and its manifest as it was. */
    private static Path rewritten(String entry, UnaryOperator<String> change) throws Exception {
        Path file = directory.resolve("rewritten-" + NUMBER.incrementAndGet() + ".zip");
        try (ZipFile from = new ZipFile(archive.toFile());
                ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(file))) {
            from.stream().forEach(each -> {
                try {
                    byte[] content = from.getInputStream(each).readAllBytes();
                    to.putNextEntry(new ZipEntry(each.getName()));
                    to.write(
                            each.getName().equals(entry)
                                    ? change.apply(new String(content, StandardCharsets.UTF_8))
                                            .getBytes(StandardCharsets.UTF_8)
                                    : content);
                    to.closeEntry();
                } catch (java.io.IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return file;
    }

    @Test
    void whatIsThereIsReplacedOnlyWhenToldSo() throws Exception {
        Restored place = Restored.make("there");
        TestDatabase.execute(place.database(), "DELETE FROM nodes");
        CommandRun unasked = run("restore", archive.toString(), "-c", place.config());
        assertThat(unasked.exitCode()).isEqualTo(1);
        assertThat(unasked.err()).contains("not empty").contains("--force");
        assertThat(number(place.database(), "SELECT count(*) FROM nodes")).isZero();
        CommandRun forced = run("restore", archive.toString(), "-c", place.config(), "--force");
        assertThat(forced.exitCode()).isZero();
        assertThat(number(place.database(), "SELECT count(*) FROM nodes")).isEqualTo(1);
    }

    @Test
    void anotherClusterIsThrownAwayOnlyByItsName() throws Exception {
        Path home = Files.createDirectory(directory.resolve("foreign"));
        DatabaseConfig database = TestDatabase.fresh();
        try (TestServer server = TestServer.start(home, database, null)) {
            get(server.running().users().create(new NewUser("stranger", "", "", "")));
        }
        String config = config("foreign", database, home, "");
        CommandRun refused = run("restore", archive.toString(), "-c", config, "--force");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err()).contains("another cluster").contains("--replace-cluster ");
        assertThat(number(database, "SELECT count(*) FROM users WHERE name = 'stranger'"))
                .isEqualTo(1);
        String id = refused.err().strip().replaceAll("(?s).*--replace-cluster ", "");
        CommandRun keys =
                run("restore", archive.toString(), "-c", config, "--replace-cluster", id, "--without-keys", "--force");
        assertThat(keys.err()).as("its keys do not open the archive's tailnet").contains("not the one of this tailnet");
        assertThat(number(database, "SELECT count(*) FROM users WHERE name = 'stranger'"))
                .isEqualTo(1);
        CommandRun done = run("restore", archive.toString(), "-c", config, "--replace-cluster", id, "--force");
        assertThat(done.err()).isEmpty();
        assertThat(number(database, "SELECT count(*) FROM users WHERE name = 'stranger'"))
                .isZero();
        assertThat(Files.readString(home.resolve("noise_private.key")))
                .isEqualTo(Files.readString(directory.resolve("source/noise_private.key")));
    }

    @Test
    void instancesThatRunAreNotPulledTheirTablesAway() throws Exception {
        Restored place = Restored.make("live");
        TestDatabase.execute(place.database(), "DELETE FROM nodes");
        String lease = "INSERT INTO instances (name, incarnation, renewed, expires) VALUES ('control-7', 1,"
                + " clock_timestamp(), clock_timestamp() + interval '1 minute')";
        TestDatabase.execute(place.database(), lease);
        CommandRun run = run("restore", archive.toString(), "-c", place.config(), "--force");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("control-7").contains("stop them first");
        TestDatabase.execute(place.database(), "DELETE FROM instances");
        try (Archive opened = Archive.open(archive)) {
            assertThatThrownBy(() -> new DatabaseRestore(place.database(), silent())
                            .run(opened, tables -> TestDatabase.execute(place.database(), lease)))
                    .as("one that starts while the tables are loaded")
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("control-7");
        }
        assertThat(number(place.database(), "SELECT count(*) FROM nodes")).isZero();
        assertThat(number(place.database(), "SELECT count(*) FROM users")).isPositive();
    }

    @Test
    void whatFailsMidwayLeavesTheOldContent() throws Exception {
        Restored place = Restored.make("midway");
        TestDatabase.execute(place.database(), "DELETE FROM nodes");
        try (Archive opened = Archive.open(archive)) {
            assertThatThrownBy(() -> new DatabaseRestore(place.database(), silent()).run(opened, tables -> {
                        throw new SQLException("the machine is unplugged");
                    }))
                    .hasMessage("the machine is unplugged");
            // a view of somebody else on a table that would go
            TestDatabase.execute(place.database(), "CREATE VIEW looks AS SELECT name FROM users");
            assertThatThrownBy(() -> new DatabaseRestore(place.database(), silent()).run(opened, tables -> {}))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("depends on a table");
        }
        assertThat(number(place.database(), "SELECT count(*) FROM nodes")).isZero();
        assertThat(number(place.database(), "SELECT count(*) FROM looks")).isPositive();
        assertThat(number(place.database(), "SELECT count(*) FROM pg_namespace WHERE nspname = 'fleetscale_restore'"))
                .isZero();
    }

    @Test
    void aNewerSchemaIsRefusedAndAnOlderOneIsMigrated() throws Exception {
        DatabaseConfig target = TestDatabase.fresh();
        String config = config("schema", target, directory.resolve("schema"), "");
        Path newer = rewritten("manifest.json", text -> text.replaceFirst("\"schema\" : [0-9]+", "\"schema\" : 1000"));
        CommandRun refused = run("restore", newer.toString(), "-c", config);
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err()).contains("schema 1000");
        Path future = rewritten("manifest.json", text -> text.replaceFirst("\"format\" : 1", "\"format\" : 2"));
        assertThat(run("restore", future.toString(), "-c", config).err()).contains("newer release");
        assertThat(isUntouched(target)).isTrue();

        DatabaseConfig old = TestDatabase.fresh();
        SchemaVersions.raise(old, "public", 3);
        TestDatabase.execute(
                old, "INSERT INTO pre_auth_keys VALUES (7, 'with\ttab', NULL, true, false, '\\x0001ff0a')");
        Path file = directory.resolve("old.zip");
        try (Connection connection = Database.connectPatiently(old, "backup");
                ArchiveWriter writer = ArchiveWriter.create(file, false)) {
            BackupManifest unused = writer.finish(new DatabaseBackup(connection, silent())
                    .copyTo(writer, "0.9.0", Instant.parse("2026-01-02T03:04:05Z"), new Random(1), snapshot -> {}));
        }
        CommandRun migrated = run("restore", file.toString(), "-c", config);
        assertThat(migrated.exitCode()).isZero();
        assertThat(migrated.err()).contains("migrating schema 3");
        assertThat(SchemaVersions.stored(target)).isEqualTo(SchemaVersions.ofProgram());
        assertThat(number(target, "SELECT id FROM pre_auth_keys WHERE prefix = 'with\ttab' AND record = '\\x0001ff0a'"))
                .isEqualTo(7);
    }

    @Test
    void keysCanLieElsewhereOrStayOut() throws Exception {
        Path home = directory.resolve("source");
        String from = config("keys", source, home, "");
        Path apart = directory.resolve("apart.zip");
        Path keys = directory.resolve("apart-keys.zip");
        assertThat(run("backup", apart.toString(), "--keys", keys.toString(), "-c", from)
                        .exitCode())
                .isZero();
        assertThat(manifest(apart).keys()).isEmpty();
        assertThat(manifest(keys).tables()).isEmpty();
        assertThat(run("backup", apart.toString(), "--without-keys", "-c", from).err())
                .contains("is there already");

        DatabaseConfig target = TestDatabase.fresh();
        Path newHome = directory.resolve("keys-home");
        String into = config("keys", target, newHome, "");
        CommandRun without = run("restore", apart.toString(), "-c", into);
        assertThat(without.exitCode()).isZero();
        assertThat(without.err()).contains("Warning").contains("noise");
        assertThat(newHome).doesNotExist();
        CommandRun wrong = run("restore", archive.toString(), "--keys", keys.toString(), "-c", into, "--force");
        assertThat(wrong.err()).contains("keys of another backup");
        assertThat(run("restore", keys.toString(), "-c", into, "--force").err()).contains("keys alone");
        CommandRun with = run("restore", apart.toString(), "--keys", keys.toString(), "-c", into, "--force");
        assertThat(with.err()).isEmpty();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(newHome.resolve("noise_private.key"))))
                .isEqualTo("rw-------");

        Files.writeString(newHome.resolve("secret_mac.key"), "00".repeat(32) + "\n");
        CommandRun conflict =
                run("restore", apart.toString(), "--keys", keys.toString(), "-c", into, "--replace-cluster", "x");
        assertThat(conflict.exitCode()).isEqualTo(1);
        assertThat(run("backup", directory.resolve("wrong-keys.zip").toString(), "-c", into)
                        .err())
                .as("keys that do not belong to the database are no backup")
                .contains("not the one of this tailnet");
        assertThat(directory.resolve("wrong-keys.zip")).doesNotExist();
    }

    @Test
    void sealedKeysGoWithTheirKeyEncryptionKey() throws Exception {
        Path home = Files.createDirectory(directory.resolve("sealed"));
        Path secret = Files.writeString(home.resolve("kek"), HexFormat.of().formatHex(RANDOM.generateSeed(32)) + "\n");
        DatabaseConfig database = TestDatabase.fresh();
        MachineKey key;
        try (TestServer server = TestServer.start(home, database, secret)) {
            key = server.noiseKey();
        }
        Path file = directory.resolve("sealed.zip");
        assertThat(run(
                                "backup",
                                file.toString(),
                                "-c",
                                config("sealed", database, home, "keys: {encryption_key_path: " + secret + "}"))
                        .exitCode())
                .isZero();
        assertThat(manifest(file).keys()).extracting(BackupManifest.Key::name).contains("encryption.key");
        DatabaseConfig target = TestDatabase.fresh();
        Path newHome = directory.resolve("sealed-home");
        Path newSecret = newHome.resolve("kek");
        CommandRun run = run(
                "restore",
                file.toString(),
                "-c",
                config("sealed", target, newHome, "keys: {encryption_key_path: " + newSecret + "}"));
        assertThat(run.err()).isEmpty();
        try (TestServer server = TestServer.start(newHome, target, newSecret)) {
            assertThat(server.noiseKey()).isEqualTo(key);
        }
    }

    @Test
    void aDirectoryOfDevTakesAndGivesBackups() throws Exception {
        Path data = directory.resolve("dev");
        CommandRun restored = run("restore", archive.toString(), "--data", data.toString());
        assertThat(restored.err()).isEmpty();
        assertThat(restored.exitCode()).isZero();
        assertThat(data.resolve("noise_private.key")).exists();
        Path again = directory.resolve("dev.zip");
        CommandRun taken = run("backup", again.toString(), "--data", data.toString(), "-o", "json");
        assertThat(taken.exitCode()).isZero();
        assertThat(taken.out()).contains("\"cluster\": \"" + manifest(archive).cluster() + "\"");
        assertThat(manifest(again).tables())
                .as("rows, bytes and digests")
                .isEqualTo(manifest(archive).tables());
        assertThat(run("restore", again.toString(), "--data", data.toString(), "--check")
                        .out())
                .startsWith("whole:");
        assertThat(run("backup", "x.zip", "--data", directory.resolve("nowhere").toString())
                        .err())
                .contains("no \"dev\" has ever run there");
    }

    @Test
    void allTablesCanBeLoadedInAnyOrder() throws Exception {
        assertThat(number(source, "SELECT count(*) FROM pg_constraint WHERE contype = 'f'"))
                .as("a foreign key needs an order in DatabaseRestore")
                .isZero();
    }
}
