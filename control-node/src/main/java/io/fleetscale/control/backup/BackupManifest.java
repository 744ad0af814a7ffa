package io.fleetscale.control.backup;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an archive says of itself: entry {@code manifest.json}, the last one. The archive is a ZIP file of mode 0600. Beside the
 * manifest it holds {@code tables/NAME.copy}, the rows in the text form of PostgreSQL's COPY with the columns that the manifest
 * lists, and {@code keys/NAME}, key files as they are. Nothing else may be in it.
 *
 * @param format of the archive, {@link #FORMAT}
 * @param backup random number of the backup: joins an archive of the database and one of its keys
 * @param created when the snapshot was taken, ISO 8601
 * @param program release that wrote it
 * @param schema number of the schema that the tables have; 0 in an archive of keys alone
 * @param cluster {@link ClusterId} of the tailnet
 * @param head number of the last record of the log
 */
public record BackupManifest(
        int format,
        String backup,
        String created,
        String program,
        int schema,
        String cluster,
        long head,
        List<Table> tables,
        List<Sequence> sequences,
        List<Key> keys) {
    /** The form of archives that this program writes and reads. */
    public static final int FORMAT = 1;

    static final String ENTRY = "manifest.json";
    /** Far more than hundreds of tables need. */
    static final int MAX_BYTES = 1 << 20;

    private static final Pattern IDENTIFIER = Pattern.compile("[a-z_][a-z0-9_]{0,62}");
    private static final Pattern KEY_NAME = Pattern.compile("[a-z][a-z0-9_]*(\\.[a-z]+)?");
    private static final JsonMapper JSON = new JsonMapper();

    /**
     * The rows of a table.
     *
     * @param bytes of the entry, not compressed
     * @param sha256 of the entry, hex
     */
    public record Table(String name, List<String> columns, long rows, long bytes, String sha256) {
        public Table {
            requireIdentifier(name);
            columns = List.copyOf(columns);
            columns.forEach(BackupManifest::requireIdentifier);
            Objects.requireNonNull(sha256, "sha256");
        }

        String entry() {
            return "tables/" + name + ".copy";
        }
    }

    /** Where a sequence stands. */
    public record Sequence(String name, long last, boolean called) {
        public Sequence {
            requireIdentifier(name);
        }
    }

    /** A key file. */
    public record Key(String name, long bytes, String sha256) {
        public Key {
            if (!KEY_NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("\"" + name + "\" is no name of a key file");
            }
            Objects.requireNonNull(sha256, "sha256");
        }

        String entry() {
            return "keys/" + name;
        }
    }

    public BackupManifest {
        Objects.requireNonNull(backup, "backup");
        Objects.requireNonNull(program, "program");
        Objects.requireNonNull(cluster, "cluster");
        Instant unused = Instant.parse(created);
        tables = List.copyOf(tables);
        sequences = List.copyOf(sequences);
        keys = List.copyOf(keys);
    }

    /** Whether the database is in the archive, not only keys. */
    public boolean hasDatabase() {
        return schema > 0;
    }

    /** Rows of all tables. */
    public long rows() {
        return tables.stream().mapToLong(Table::rows).sum();
    }

    byte[] toJson() {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this).getBytes(StandardCharsets.UTF_8);
    }

    /** @throws BackupException if it is none that this program can read */
    static BackupManifest parse(byte[] json) {
        try {
            int format = JSON.readTree(json).path("format").asInt(0);
            if (format > FORMAT) {
                throw new BackupException(
                        "the archive has form " + format + ", which a newer release wrote: restore it with that");
            }
            if (format < 1) {
                throw new BackupException("the archive's manifest names no form: it is damaged");
            }
            return JSON.readValue(json, BackupManifest.class);
        } catch (JacksonException | IllegalArgumentException | NullPointerException e) {
            throw new BackupException("the archive's manifest cannot be read: it is damaged", e);
        }
    }

    private static void requireIdentifier(String name) {
        if (!IDENTIFIER.matcher(name).matches()) {
            throw new IllegalArgumentException("\"" + name + "\" is no name of a table, a column or a sequence");
        }
    }
}
