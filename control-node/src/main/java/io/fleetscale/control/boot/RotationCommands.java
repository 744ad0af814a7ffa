package io.fleetscale.control.boot;

import io.fleetscale.config.ConfigLoader;
import io.fleetscale.config.LoadedConfig;
import io.fleetscale.config.PostgresConfig;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.CliFailure;
import io.fleetscale.control.cli.CliOption;
import io.fleetscale.control.cli.Invocation;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.database.DatabaseException;
import io.fleetscale.control.database.DatabaseFaults;
import io.fleetscale.control.secret.CredentialMacKeys;
import io.fleetscale.control.secret.KeyEncryptionRotation;
import io.fleetscale.control.secret.KeyException;
import io.fleetscale.control.secret.KeyStorage;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.secret.ServerKeys;
import io.fleetscale.runtime.tls.AuthorityRotation;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * {@code cluster rotate-authority}, {@code rotate-encryption-key} and {@code rotate-mac-key}: each step says what to do before the
 * next one. Old and new are both good between the steps.
 */
final class RotationCommands {
    private static final String FINISH = "--finish";

    private RotationCommands() {}

    static CliCommand[] commands() {
        return new CliCommand[] {
            CliCommand.of("rotate-authority", "Replace the cluster's authority in three steps: begin, switch, finish")
                    .argument("STEP")
                    .option(ClusterFiles.directoryOption())
                    .example("begin --dir /etc/fleetscale/cluster")
                    .run(RotationCommands::authority),
            CliCommand.of(
                            "rotate-encryption-key",
                            "Replace the key-encryption key in two steps: put a fresh one into its file, then seal the server's"
                                    + " keys under that one")
                    .option(CliOption.flag(FINISH, "the second step, once all instances have the file of the first"))
                    .example("-c /etc/fleetscale/config.yaml")
                    .run(RotationCommands::encryptionKey),
            CliCommand.of(
                            "rotate-mac-key",
                            "Replace the key under which the secrets of API keys, pre-auth keys and OAuth clients are stored, in"
                                    + " two steps: add a fresh one, which makes new secrets after a minute, then give up the old one")
                    .option(CliOption.flag(FINISH, "the second step: secrets that were made under the old key end"))
                    .example("-c /etc/fleetscale/config.yaml")
                    .run(RotationCommands::macKey)
        };
    }

    private static int authority(Invocation call) {
        Path directory = ClusterFiles.directory(call);
        String step = call.arguments().size() == 1 ? call.arguments().getFirst() : "";
        try {
            return switch (step) {
                case "begin" -> {
                    AuthorityRotation.begin(directory, InstantSource.system());
                    yield call.printText(
                            "A new authority is trusted beside the old one. Copy " + directory
                                    + "/ca.crt to every instance and restart one after the other; then: cluster rotate-authority switch");
                }
                case "switch" -> {
                    AuthorityRotation.switchOver(directory);
                    yield call.printText(
                            "The new authority issues. For every instance: cluster issue, copy its files and"
                                    + " ca.crt, restart; then: cluster rotate-authority finish");
                }
                case "finish" -> {
                    AuthorityRotation.finish(directory);
                    yield call.printText("The old authority is trusted no more. Copy " + directory
                            + "/ca.crt to every instance and restart one after the other");
                }
                default -> throw new CliFailure("name the step: begin, switch or finish");
            };
        } catch (IOException | GeneralSecurityException e) {
            throw new CliFailure("the authority was not changed: " + e.getMessage());
        }
    }

    private static int macKey(Invocation call) {
        LoadedConfig loaded = ConfigLoader.ofProcess().load(call.config());
        if (!loaded.isUsable()) {
            throw new CliFailure("loading configuration: " + loaded.report().strip());
        }
        StatePaths paths = StatePaths.of(loaded.config());
        KeyStorage storage =
                new KeyStorage(paths.noiseKey(), paths.secretMacKey(), Optional.ofNullable(paths.encryptionKey()));
        try (Database database = Database.open(
                        ServeCommand.database(loaded.config().database().postgres())
                                .withIdleTimeout(DatabaseConfig.DEFAULT_IDLE_TIMEOUT));
                Connection connection = database.dedicated("rotation")) {
            SecretMac first = ServerKeys.load(database, storage).secretMac();
            if (!call.flag(FINISH)) {
                int number = CredentialMacKeys.begin(connection, first, new SecureRandom());
                return call.printText(
                        "Key " + number + " makes new secrets on all instances in a minute; the old ones stay good."
                                + " Then make new API keys, pre-auth keys and OAuth clients for those in use; then: cluster"
                                + " rotate-mac-key " + FINISH);
            }
            OldCredentials old =
                    OldCredentials.before(connection, CredentialMacKeys.newSince(connection, first), Instant.now());
            if (!old.isEmpty() && !call.confirm("These were made under the old key, and end: " + old + ". Go on?")) {
                throw new CliFailure("these were made under the old key, and would end: " + old
                        + "; nothing was changed: make new ones, or use --force");
            }
            int ended = CredentialMacKeys.finish(connection);
            return call.printText(ended + (ended == 1 ? " old key is" : " old keys are") + " good no more");
        } catch (SQLException e) {
            throw new CliFailure("the database cannot be used: " + DatabaseFaults.reason(e));
        } catch (KeyException | DatabaseException e) {
            throw new CliFailure(String.valueOf(e.getMessage()));
        } catch (ControlException e) {
            throw new CliFailure(e.detail());
        }
    }

    private static int encryptionKey(Invocation call) {
        ServerConfig config = ConfigLoader.ofProcess().load(call.config()).config();
        Path file = config.keys().encryptionKeyPath();
        if (file == null) {
            throw new CliFailure(
                    "the configuration names no key-encryption key (keys.encryption_key_path): name the file with"
                            + " -c");
        }
        try {
            if (!call.flag(FINISH)) {
                KeyEncryptionRotation.begin(file);
                return call.printText(
                        file + " holds a fresh key and the old one. Copy it to every instance; then: cluster"
                                + " rotate-encryption-key " + FINISH);
            }
            PostgresConfig postgres = config.database().postgres();
            if (!postgres.validate().isEmpty()) {
                throw new CliFailure(postgres.validate().getFirst().toString());
            }
            try (Connection connection = Database.connect(ServeCommand.database(postgres), "rotation")) {
                int sealed = KeyEncryptionRotation.finish(file, connection);
                return call.printText(sealed + " server keys are sealed under the fresh key. Copy " + file
                        + " to every instance; the old key opens nothing any more");
            }
        } catch (IOException e) {
            throw new CliFailure("key file " + file + " cannot be changed: " + e.getMessage());
        } catch (SQLException e) {
            throw new CliFailure("the database cannot be used: " + DatabaseFaults.reason(e));
        } catch (KeyException e) {
            throw new CliFailure(String.valueOf(e.getMessage()));
        }
    }
}
