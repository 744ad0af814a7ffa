package io.fleetscale.control.boot;

import io.fleetscale.control.backup.Archive;
import io.fleetscale.control.backup.ArchiveWriter;
import io.fleetscale.control.backup.BackupException;
import io.fleetscale.control.backup.BackupManifest;
import io.fleetscale.control.backup.BackupProgress;
import io.fleetscale.control.backup.DatabaseBackup;
import io.fleetscale.control.backup.DatabaseRestore;
import io.fleetscale.control.backup.KeyFiles;
import io.fleetscale.control.backup.RestoreTarget;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.CliFailure;
import io.fleetscale.control.cli.CliOption;
import io.fleetscale.control.cli.Invocation;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseException;
import io.fleetscale.control.database.DatabaseFaults;
import io.fleetscale.control.database.embedded.DataDirectoryLock;
import io.fleetscale.control.secret.KeyException;
import io.fleetscale.control.secret.ServerKeys;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code backup} and {@code restore}: the database and the key files of an instance in one file, and back. */
final class BackupCommands {
    private static final String DATA = "--data";
    private static final String KEYS = "--keys";
    private static final String WITHOUT_KEYS = "--without-keys";
    private static final String REPLACE_CLUSTER = "--replace-cluster";

    private BackupCommands() {}

    static CliCommand backup() {
        return CliCommand.of(
                        "backup",
                        "Write the database and the key files into one file, while the cluster runs. The file holds the"
                                + " server's secrets: keep it as you keep those")
                .argument("FILE")
                .option(
                        data(),
                        CliOption.text(KEYS, "FILE", "put the key files into this file instead"),
                        CliOption.flag(WITHOUT_KEYS, "leave the key files out"))
                .example("fleetscale-2026-11-25.zip -c /etc/fleetscale/config.yaml")
                .run(BackupCommands::backup);
    }

    static CliCommand restore() {
        return CliCommand.of(
                        "restore",
                        "Replace the database and the key files by those of a backup; no instance may run. What fails leaves"
                                + " everything as it was")
                .argument("FILE")
                .option(
                        data(),
                        CliOption.text(KEYS, "FILE", "the file that \"backup --keys\" put the key files into"),
                        CliOption.flag(WITHOUT_KEYS, "leave the key files of this machine as they are"),
                        CliOption.flag("--check", "only look whether the file is whole, and print what it holds"),
                        CliOption.text(
                                REPLACE_CLUSTER, "ID", "the id of another cluster, whose content is to be thrown away"))
                .example("fleetscale-2026-11-25.zip -c /etc/fleetscale/config.yaml")
                .run(BackupCommands::restore);
    }

    private static CliOption data() {
        return CliOption.text(DATA, "DIR", "the directory of \"dev\", instead of the configuration's database");
    }

    private static int backup(Invocation call) {
        Path file = file(call);
        return run("backup", () -> {
            BackupProgress progress = new BackupProgress(call.err());
            boolean withKeys = !call.flag(WITHOUT_KEYS);
            try (BackupPlace place = BackupPlace.source(call);
                    ArchiveWriter archive = ArchiveWriter.create(file, call.flag("--force"));
                    ArchiveWriter apart =
                            call.has(KEYS) ? ArchiveWriter.create(keysFile(call), call.flag("--force")) : null;
                    Connection connection = Database.connectPatiently(place.database(), "backup")) {
                if (withKeys && !place.namesKeys()) {
                    throw new CliFailure(
                            "the configuration does not say where the keys are (noise.private_key_path): run"
                                    + " this on the machine of an instance, or leave them out with " + WITHOUT_KEYS);
                }
                BackupManifest content = new DatabaseBackup(connection, progress)
                        .copyTo(
                                archive,
                                BuildInfo.ofProgram().version(),
                                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                                new SecureRandom(),
                                snapshot -> {
                                    if (withKeys) {
                                        requireKeys(ServerKeys.missing(snapshot, place.keyStorage()));
                                    }
                                });
                if (withKeys) {
                    (apart == null ? archive : apart).keys(place.keys().read());
                }
                if (apart != null) {
                    BackupManifest unused = apart.finish(new BackupManifest(
                            content.format(),
                            content.backup(),
                            content.created(),
                            content.program(),
                            0,
                            content.cluster(),
                            content.head(),
                            List.of(),
                            List.of(),
                            List.of()));
                }
                return told(call, archive.finish(content), file, "backed up to");
            }
        });
    }

    private static void requireKeys(List<String> missing) {
        if (!missing.isEmpty()) {
            throw new CliFailure(
                    String.join("; ", missing) + ": not on this machine. Run this where an instance runs, or"
                            + " leave the keys out with " + WITHOUT_KEYS);
        }
    }

    private static int restore(Invocation call) {
        Path file = file(call);
        return run("restore", () -> {
            BackupProgress progress = new BackupProgress(call.err());
            try (Archive archive = Archive.open(file);
                    Archive apart = call.has(KEYS) ? Archive.open(keysFile(call)) : null) {
                archive.verify(progress);
                if (apart != null) {
                    apart.verify(progress);
                    if (!apart.manifest().backup().equals(archive.manifest().backup())) {
                        throw new CliFailure(keysFile(call) + " holds the keys of another backup ("
                                + apart.manifest().created() + ", cluster "
                                + apart.manifest().cluster() + ")");
                    }
                }
                if (call.flag("--check")) {
                    return told(call, archive.manifest(), file, "whole:");
                }
                Map<String, byte[]> keys =
                        call.flag(WITHOUT_KEYS) ? Map.of() : (apart == null ? archive : apart).keys();
                try (BackupPlace place = BackupPlace.target(call)) {
                    restore(call, archive, keys, place, progress);
                }
                return told(call, archive.manifest(), file, "restored from");
            }
        });
    }

    private static void restore(
            Invocation call, Archive archive, Map<String, byte[]> keys, BackupPlace place, BackupProgress progress)
            throws SQLException, IOException {
        if (!keys.isEmpty() && !place.namesKeys()) {
            throw new CliFailure(
                    "the configuration does not say where the keys belong (noise.private_key_path): run this on"
                            + " the machine of an instance, or leave them out with " + WITHOUT_KEYS);
        }
        RestoreTarget target;
        try (Connection connection = Database.connect(place.database(), "restore")) {
            target = RestoreTarget.of(place.database(), connection);
        }
        agree(call, archive.manifest(), target, place, keys);
        try (KeyFiles.Staged staged = place.keys().stage(keys)) {
            new DatabaseRestore(place.database(), progress).run(archive, tables -> {
                if (place.namesKeys()) {
                    ServerKeys.missing(tables, place.keyStorage(staged))
                            .forEach(missing -> call.err()
                                    .println("Warning: " + missing
                                            + " is not here and not in the archive: no instance starts without it"));
                }
            });
            staged.commit();
        }
    }

    /** Asks for what is thrown away, each thing by its name. */
    private static void agree(
            Invocation call, BackupManifest manifest, RestoreTarget target, BackupPlace place, Map<String, byte[]> keys)
            throws IOException {
        if (!target.cluster().isEmpty()
                && !target.cluster().equals(manifest.cluster())
                && !target.cluster().equals(call.text(REPLACE_CLUSTER))) {
            throw new CliFailure("the database holds another cluster (" + target.cluster() + ", " + target.nodes()
                    + " nodes) than the archive (" + manifest.cluster()
                    + "): nothing was changed. To throw it away, say "
                    + REPLACE_CLUSTER + " " + target.cluster());
        }
        if (!target.isEmpty()
                && !call.confirm("The database holds a tailnet of " + target.users() + " users and " + target.nodes()
                        + " nodes, as of change " + target.head() + ". It is replaced by that of " + manifest.created()
                        + ", change " + manifest.head() + ". Go on?")) {
            throw new CliFailure("the database is not empty: nothing was changed; --force replaces what it holds");
        }
        List<Path> conflicts = place.keys().conflicts(keys);
        if (!conflicts.isEmpty()
                && !call.confirm("Other key files are there: " + conflicts + ". They are replaced. Go on?")) {
            throw new CliFailure("other key files are there (" + conflicts
                    + "): nothing was changed; --force replaces them, " + WITHOUT_KEYS + " keeps them");
        }
    }

    private static int told(Invocation call, BackupManifest manifest, Path file, String verb) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("file", file.toString());
        members.put("backup", manifest.backup());
        members.put("created", manifest.created());
        members.put("program", manifest.program());
        members.put("schema", manifest.schema());
        members.put("cluster", manifest.cluster());
        members.put("head", manifest.head());
        members.put("tables", manifest.tables().size());
        members.put("rows", manifest.rows());
        members.put(
                "keys", manifest.keys().stream().map(BackupManifest.Key::name).toList());
        return call.printMap(
                members,
                verb + " " + file + ": cluster " + manifest.cluster() + " as of " + manifest.created() + ", change "
                        + manifest.head() + ", " + manifest.rows() + " rows in "
                        + manifest.tables().size() + " tables, "
                        + manifest.keys().size() + " key files");
    }

    private static Path file(Invocation call) {
        if (call.arguments().size() != 1) {
            throw new CliFailure("name one file");
        }
        if (call.has(KEYS) && call.flag(WITHOUT_KEYS)) {
            throw new CliFailure(KEYS + " and " + WITHOUT_KEYS + " exclude each other");
        }
        return Path.of(call.arguments().getFirst());
    }

    private static Path keysFile(Invocation call) {
        return Path.of(call.text(KEYS));
    }

    @FunctionalInterface
    private interface Work {
        int run() throws IOException, SQLException;
    }

    /** Failures as one line; what the database says of rows stays out of it. */
    private static int run(String what, Work work) {
        try {
            return work.run();
        } catch (FileAlreadyExistsException e) {
            throw new CliFailure(e.getFile() + " is there already: --force replaces it");
        } catch (IOException e) {
            throw new CliFailure(what + " failed (" + StartFailure.describe(e) + "): nothing was changed");
        } catch (SQLException e) {
            throw new CliFailure(
                    what + " failed, the database says: " + DatabaseFaults.reason(e) + "; nothing was changed");
        } catch (BackupException
                | KeyException
                | DatabaseException
                | DataDirectoryLock.DirectoryInUse
                | DataDirectoryLock.UnusableDirectory e) {
            throw new CliFailure(String.valueOf(e.getMessage()));
        }
    }
}
