package io.fleetscale.control.boot;

import io.fleetscale.config.ConfigLoader;
import io.fleetscale.config.PostgresConfig;
import io.fleetscale.config.PrometheusDuration;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.CliFailure;
import io.fleetscale.control.cli.CliOption;
import io.fleetscale.control.cli.Invocation;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseFaults;
import io.fleetscale.control.instance.InstanceName;
import io.fleetscale.control.instance.JoinTokens;
import io.fleetscale.runtime.AtomicFiles;
import io.fleetscale.runtime.tls.CertificateAuthority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code cluster init}, {@code issue}, {@code join-token} and {@code join}: the files by which instances know each other, and
 * the key under which the server's keys lie in the database. They work on files, the tokens on the database too; the
 * authority's key stays in the directory of {@code init}, which no instance needs.
 */
final class ClusterFiles {
    private static final String DIRECTORY = "/etc/fleetscale/cluster";
    private static final String ENCRYPTION_KEY = "encryption.key";
    private static final String INSTANCE = "instance";
    private static final String ADDRESS = "address";
    private static final Duration LONGEST_LIFE = Duration.ofDays(7);
    private static final int KEY_BYTES = 32;
    private static final int MAX_TOKEN_CHARS = 1 << 10;
    private static final JsonMapper JSON = new JsonMapper();

    private ClusterFiles() {}

    static CliCommand[] commands() {
        CliOption directory = directoryOption();
        CliOption addresses = CliOption.list("--address", "IP", "addresses and names of the instance, comma separated");
        CliOption expiration = CliOption.text("-e,--expiration", "DURATION", "how long the token can be used")
                .orElse("1h");
        return new CliCommand[] {
            CliCommand.of(
                            "init",
                            "Make the cluster's authority, its key-encryption key and a first instance's certificate")
                    .argument("INSTANCE")
                    .option(directory, addresses)
                    .example("control-1 --address 10.0.0.1 --dir /etc/fleetscale/cluster")
                    .run(ClusterFiles::init),
            CliCommand.of("issue", "Make the certificate of a further instance, or renew one")
                    .argument("INSTANCE")
                    .option(directory, addresses)
                    .example("control-2 --address 10.0.0.2")
                    .run(ClusterFiles::issue),
            CliCommand.of(
                            "join-token",
                            "Make a secret line with which a further instance gets its files out of the database, once")
                    .argument("INSTANCE")
                    .option(directory, addresses, expiration)
                    .example("control-2 --address 10.0.0.2")
                    .run(ClusterFiles::joinToken),
            CliCommand.of("join", "Write the files of a join token, read from standard input")
                    .option(directory)
                    .example("--dir /etc/fleetscale/cluster < token")
                    .run(ClusterFiles::join)
        };
    }

    static CliOption directoryOption() {
        return CliOption.text("--dir", "DIR", "directory of the cluster's files")
                .orElse(DIRECTORY);
    }

    private static int init(Invocation call) {
        Path directory = directory(call);
        return run(() -> {
            if (Files.exists(directory.resolve(CertificateAuthority.CERTIFICATE_FILE))) {
                throw new CliFailure(directory
                        + " holds a cluster already: \"cluster issue\" makes certificates of further instances");
            }
            String instance = instance(call);
            CertificateAuthority authority = CertificateAuthority.in(directory, InstantSource.system());
            byte[] key = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(key);
            AtomicFiles.writeText(
                    directory.resolve(ENCRYPTION_KEY), HexFormat.of().formatHex(key) + "\n", AtomicFiles.OWNER_ONLY);
            issue(authority, directory, instance, call);
            call.out().print(configuration(directory, instance, call.list("--address")));
        });
    }

    private static int issue(Invocation call) {
        Path directory = directory(call);
        return run(() -> {
            String instance = instance(call);
            issue(authority(directory), directory, instance, call);
            call.out().print(configuration(directory, instance, call.list("--address")));
        });
    }

    private static int joinToken(Invocation call) {
        Path directory = directory(call);
        return run(() -> {
            String instance = instance(call);
            issue(authority(directory), directory, instance, call);
            ObjectNode content = JSON.createObjectNode();
            content.put(INSTANCE, instance);
            content.put(ADDRESS, String.join(",", call.list("--address")));
            for (String file : files(instance)) {
                content.put(file, Files.readString(directory.resolve(file)));
            }
            try (Connection connection = database(call)) {
                call.out()
                        .println(new JoinTokens(connection, new SecureRandom()).issue(content.toString(), life(call)));
            }
            // it lives on in the token alone
            Files.delete(directory.resolve(instance + ".key"));
        });
    }

    private static int join(Invocation call) {
        Path directory = directory(call);
        return run(() -> {
            String token = new String(System.in.readNBytes(MAX_TOKEN_CHARS), StandardCharsets.US_ASCII).strip();
            JsonNode content;
            try (Connection connection = database(call)) {
                content = JSON.readTree(new JoinTokens(connection, new SecureRandom()).take(token));
            }
            String instance = name(content.path(INSTANCE).asString(""));
            Files.createDirectories(directory);
            for (String file : files(instance)) {
                AtomicFiles.writeText(
                        directory.resolve(file),
                        content.path(file).asString(""),
                        file.endsWith(".crt") ? AtomicFiles.READABLE : AtomicFiles.OWNER_ONLY);
            }
            String addresses = content.path(ADDRESS).asString("");
            call.out()
                    .print(configuration(
                            directory, instance, addresses.isEmpty() ? List.of() : List.of(addresses.split(","))));
        });
    }

    /** The database of the configuration, of which nothing else needs to be there yet. */
    private static Connection database(Invocation call) throws SQLException {
        PostgresConfig postgres =
                ConfigLoader.ofProcess().load(call.config()).config().database().postgres();
        if (!postgres.validate().isEmpty()) {
            throw new CliFailure("the database's settings are needed: name the configuration file with -c ("
                    + postgres.validate().getFirst() + ")");
        }
        return Database.connect(ServeCommand.database(postgres), "join token");
    }

    private static Duration life(Invocation call) {
        if (!call.has("--expiration")) {
            return JoinTokens.DEFAULT_LIFE;
        }
        try {
            Duration life = PrometheusDuration.parse(call.text("--expiration"));
            if (life.isPositive() && life.compareTo(LONGEST_LIFE) <= 0) {
                return life;
            }
        } catch (IllegalArgumentException e) {
            throw new CliFailure("--expiration: " + e.getMessage());
        }
        throw new CliFailure("--expiration: must be above 0 and at most " + LONGEST_LIFE.toDays() + "d");
    }

    private static List<String> files(String instance) {
        return List.of(CertificateAuthority.CERTIFICATE_FILE, instance + ".crt", instance + ".key", ENCRYPTION_KEY);
    }

    private static CertificateAuthority authority(Path directory) throws IOException, GeneralSecurityException {
        if (!Files.exists(directory.resolve(CertificateAuthority.KEY_FILE))) {
            throw new CliFailure(directory + " has no " + CertificateAuthority.KEY_FILE
                    + ": name the directory of \"cluster init\" with --dir");
        }
        return CertificateAuthority.in(directory, InstantSource.system());
    }

    private static void issue(CertificateAuthority authority, Path directory, String instance, Invocation call)
            throws IOException, GeneralSecurityException {
        List<String> names = new ArrayList<>(List.of(instance));
        names.addAll(call.list("--address"));
        authority.issueFiles(directory, instance, names);
    }

    private static String configuration(Path directory, String instance, List<String> addresses) {
        return """
                # for the configuration of %1$s, beside the database's settings:
                keys:
                  encryption_key_path: %2$s/encryption.key
                cluster:
                  instance: %1$s
                  grid:
                    address: %3$s
                  tls:
                    cert_path: %2$s/%1$s.crt
                    key_path: %2$s/%1$s.key
                    ca_path: %2$s/ca.crt
                """.formatted(instance, directory, addresses.isEmpty() ? "ADDRESS" : addresses.getFirst());
    }

    private static String instance(Invocation call) {
        if (call.arguments().size() != 1) {
            throw new CliFailure("name one instance, such as control-1");
        }
        return name(call.arguments().getFirst());
    }

    private static String name(String text) {
        try {
            return new InstanceName(text).value();
        } catch (IllegalArgumentException e) {
            throw new CliFailure(String.valueOf(e.getMessage()));
        }
    }

    static Path directory(Invocation call) {
        return (call.has("--dir") ? Path.of(call.text("--dir")) : Path.of(DIRECTORY))
                .toAbsolutePath()
                .normalize();
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException, GeneralSecurityException, SQLException;
    }

    private static int run(Work work) {
        try {
            work.run();
            return 0;
        } catch (IOException e) {
            throw new CliFailure("the cluster's files cannot be written or read: " + e.getMessage());
        } catch (ControlException e) {
            throw new CliFailure(String.valueOf(e.getMessage()));
        } catch (SQLException e) {
            throw new CliFailure("the database cannot be used for tokens (" + DatabaseFaults.reason(e)
                    + "): the first instance of the cluster must have started once");
        } catch (GeneralSecurityException e) {
            throw new CliFailure("the cluster's certificates cannot be made: " + e.getMessage());
        }
    }
}
