package io.fleetscale.control.backup;

import io.fleetscale.runtime.AtomicFiles;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes an archive under a temporary name beside its own, which it takes once it is complete and on the disk; unless {@link
 * #finish} was reached nothing is left of it. Not thread-safe.
 */
public final class ArchiveWriter implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final Path target;
    private final Path draft;
    private final boolean replace;
    private final FileChannel channel;
    private final ZipOutputStream zip;
    private final List<BackupManifest.Key> keys = new ArrayList<>();

    private ArchiveWriter(Path target, Path draft, boolean replace, FileChannel channel) {
        this.target = target;
        this.draft = draft;
        this.replace = replace;
        this.channel = channel;
        this.zip = new ZipOutputStream(new java.io.BufferedOutputStream(Channels.newOutputStream(channel), BUFFER));
    }

    /**
     * @param replace whether a file of that name may be there
     * @throws FileAlreadyExistsException if one is there and must not be
     */
    public static ArchiveWriter create(Path file, boolean replace) throws IOException {
        Path target = file.toAbsolutePath().normalize();
        Path directory = target.getParent();
        if (directory == null) {
            throw new IOException(file + ": is not a file in a directory");
        }
        refuse(target, replace);
        Path draft = Files.createTempFile(
                directory,
                "." + target.getFileName(),
                ".new",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(AtomicFiles.OWNER_ONLY)));
        return new ArchiveWriter(target, draft, replace, FileChannel.open(draft, StandardOpenOption.WRITE));
    }

    private static void refuse(Path target, boolean replace) throws IOException {
        if (Files.exists(target) && !replace) {
            throw new FileAlreadyExistsException(target.toString());
        }
    }

    /** Writes the content of one entry. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException, SQLException;
    }

    /** Puts the rows of a table. */
    BackupManifest.Table table(String name, List<String> columns, BackupProgress progress, Content rows)
            throws IOException, SQLException {
        Measure measure = new Measure();
        zip.putNextEntry(new ZipEntry("tables/" + name + ".copy"));
        rows.writeTo(new Measured(zip, measure, () -> progress.during("reading", name, measure.bytes())));
        zip.closeEntry();
        BackupManifest.Table table =
                new BackupManifest.Table(name, columns, measure.lines(), measure.bytes(), measure.sha256());
        progress.done("read", table);
        return table;
    }

    /** Puts key files, by their names in the archive. */
    public void keys(Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            BackupManifest.Key key =
                    new BackupManifest.Key(file.getKey(), file.getValue().length, Measure.sha256(file.getValue()));
            zip.putNextEntry(new ZipEntry(key.entry()));
            zip.write(file.getValue());
            zip.closeEntry();
            keys.add(key);
        }
    }

    /**
     * Adds the manifest, and gives the archive its name.
     *
     * @param content without keys: they are added
     * @return with keys
     */
    public BackupManifest finish(BackupManifest content) throws IOException {
        BackupManifest manifest = new BackupManifest(
                content.format(),
                content.backup(),
                content.created(),
                content.program(),
                content.schema(),
                content.cluster(),
                content.head(),
                content.tables(),
                content.sequences(),
                keys);
        zip.putNextEntry(new ZipEntry(BackupManifest.ENTRY));
        zip.write(manifest.toJson());
        zip.closeEntry();
        zip.finish();
        zip.flush();
        channel.force(true);
        refuse(target, replace);
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path directory = target.getParent();
        if (directory != null) {
            try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
                names.force(true);
            }
        }
        return manifest;
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** Measures what passes; closing it does not close the archive. */
    private static final class Measured extends FilterOutputStream {
        private final Measure measure;
        private final Runnable passed;

        Measured(OutputStream out, Measure measure, Runnable passed) {
            super(out);
            this.measure = measure;
            this.passed = passed;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            out.write(buffer, offset, length);
            measure.add(buffer, offset, length);
            passed.run();
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
