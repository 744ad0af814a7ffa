package io.fleetscale.control.backup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** An archive that is read: its manifest at once, the rest when it is asked for. Not thread-safe. */
public final class Archive implements AutoCloseable {
    private static final int BUFFER = 1 << 16;
    private static final int MAX_KEY_BYTES = 1 << 16;

    private final Path file;
    private final ZipFile zip;
    private final BackupManifest manifest;

    private Archive(Path file, ZipFile zip, BackupManifest manifest) {
        this.file = file;
        this.zip = zip;
        this.manifest = manifest;
    }

    /**
     * Opens it and reads the manifest; {@link #verify} looks at the rest.
     *
     * @throws BackupException if the file is no archive
     */
    public static Archive open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new BackupException(file + ": no such file");
        }
        ZipFile zip;
        try {
            zip = new ZipFile(file.toFile());
        } catch (ZipException e) {
            throw new BackupException(
                    file + " is no archive of this program, or is damaged (" + e.getMessage() + ")", e);
        }
        try {
            ZipEntry entry = zip.getEntry(BackupManifest.ENTRY);
            if (entry == null) {
                throw new BackupException(file + " is no archive of this program: it has no " + BackupManifest.ENTRY);
            }
            return new Archive(file, zip, BackupManifest.parse(content(file, zip, entry, BackupManifest.MAX_BYTES)));
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    public BackupManifest manifest() {
        return manifest;
    }

    /**
     * Compares all that is in the archive with the manifest.
     *
     * @throws BackupException at the first difference
     */
    public void verify(BackupProgress progress) throws IOException {
        Set<String> expected = new TreeSet<>(Set.of(BackupManifest.ENTRY));
        manifest.tables().forEach(table -> expected.add(table.entry()));
        manifest.keys().forEach(key -> expected.add(key.entry()));
        Set<String> found = new TreeSet<>();
        zip.stream().forEach(entry -> found.add(entry.getName()));
        if (!found.equals(expected) || found.size() != zip.size()) {
            throw damaged("its entries are not those of its manifest");
        }
        byte[] buffer = new byte[BUFFER];
        for (BackupManifest.Table table : manifest.tables()) {
            try (InputStream rows = table(table)) {
                long bytes = 0;
                for (int read = rows.read(buffer); read >= 0; read = rows.read(buffer)) {
                    bytes += read;
                    progress.during("checking", table.name(), bytes);
                }
            } catch (ZipException e) {
                throw damaged(table.entry() + ": " + e.getMessage());
            }
        }
        Map<String, byte[]> unused = keys();
    }

    /** The rows of a table; the stream ends with a {@link BackupException} when they are not those of the manifest. */
    InputStream table(BackupManifest.Table table) throws IOException {
        ZipEntry entry = entry(table.entry());
        return new Checked(zip.getInputStream(entry), table, entry.getCrc());
    }

    /** The key files, by their names. */
    public Map<String, byte[]> keys() throws IOException {
        Map<String, byte[]> keys = new LinkedHashMap<>();
        for (BackupManifest.Key key : manifest.keys()) {
            byte[] content = content(file, zip, entry(key.entry()), MAX_KEY_BYTES);
            if (content.length != key.bytes() || !Measure.sha256(content).equals(key.sha256())) {
                throw damaged(key.entry() + " is not what its manifest says");
            }
            keys.put(key.name(), content);
        }
        return keys;
    }

    private ZipEntry entry(String name) {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) {
            throw damaged(name + " is missing");
        }
        return entry;
    }

    private static byte[] content(Path file, ZipFile zip, ZipEntry entry, int limit) throws IOException {
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] content = in.readNBytes(limit + 1);
            CRC32 crc = new CRC32();
            crc.update(content);
            if (content.length > limit || crc.getValue() != entry.getCrc()) {
                throw damaged(file, entry.getName() + " cannot be read");
            }
            return content;
        } catch (ZipException e) {
            throw damaged(file, entry.getName() + ": " + e.getMessage());
        }
    }

    private BackupException damaged(String what) {
        return damaged(file, what);
    }

    private static BackupException damaged(Path file, String what) {
        return new BackupException(
                "archive " + file + " is damaged (" + what + "): nothing was changed; take another backup");
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }

    /** Rows that are compared with the manifest while they are read. */
    private final class Checked extends InputStream {
        private final InputStream in;
        private final BackupManifest.Table table;
        private final long checksum;
        private final Measure measure = new Measure();
        private final CRC32 crc = new CRC32();
        private boolean ended;

        Checked(InputStream in, BackupManifest.Table table, long checksum) {
            this.in = in;
            this.table = table;
            this.checksum = checksum;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int read = in.read(buffer, offset, length);
            if (read > 0) {
                measure.add(buffer, offset, read);
                crc.update(buffer, offset, read);
                if (measure.bytes() > table.bytes()) {
                    throw damaged(table.entry() + " is longer than its manifest says");
                }
            } else if (read < 0 && !ended) {
                ended = true;
                if (measure.bytes() != table.bytes()
                        || measure.lines() != table.rows()
                        || crc.getValue() != checksum
                        || !measure.sha256().equals(table.sha256())) {
                    throw damaged(table.entry() + " is not what its manifest says");
                }
            }
            return read;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
