package io.fleetscale.control.boot;

import io.fleetscale.config.ConfigLoader;
import io.fleetscale.config.PostgresConfig;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.CliFailure;
import io.fleetscale.control.cli.CliOption;
import io.fleetscale.control.cli.Invocation;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseFaults;
import io.fleetscale.control.secret.KeyEncryptionRotation;
import io.fleetscale.control.secret.KeyException;
import io.fleetscale.runtime.tls.AuthorityRotation;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;

/**
 * {@code cluster rotate-authority} and {@code cluster rotate-encryption-key}: each step changes files of one directory and says what
 * to do with them before the next one. Old and new are both good between the steps.
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
                    .run(RotationCommands::encryptionKey)
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
