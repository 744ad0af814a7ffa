package io.fleetscale.control.database.embedded;

import io.fleetscale.control.database.DatabaseException;
import io.fleetscale.control.database.DatabaseException.Fault;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * The server's programs, unpacked from the archive on the class path once per version. The directory is named by the
 * archive's check sum, so that another version of the archive lands beside it.
 */
final class PostgresBinaries {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final long MAX_ENTRY_BYTES = 256L << 20;
    private static final String PREFIX = "postgres-";

    private final Path directory;

    private PostgresBinaries(Path directory) {
        this.directory = directory;
    }

    Path program(String name) {
        return directory.resolve("bin").resolve(name);
    }

    /** Unpacks below {@code parent}, or finds what an earlier start unpacked. */
    static PostgresBinaries unpackTo(Path parent) throws IOException {
        String resource = resourceName();
        URL url = PostgresBinaries.class.getResource("/" + resource);
        if (url == null) {
            throw new DatabaseException(
                    Fault.EMBEDDED_SERVER,
                    "no PostgreSQL for this platform is built in (" + resource + ")",
                    "use a PostgreSQL server of your own with \"fleetscale serve\"");
        }
        URLConnection connection = url.openConnection();
        Path target = parent.resolve(PREFIX + fingerprint(connection));
        if (!Files.isDirectory(target)) {
            Files.createDirectories(parent);
            Path partial = Files.createTempDirectory(
                    parent,
                    "unpack-",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            try (InputStream in = connection.getInputStream()) {
                unpack(in, partial);
                Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwxr-xr-x"));
                moveInto(partial, target);
            } finally {
                deleteTree(partial);
            }
        }
        return new PostgresBinaries(target);
    }

    private static void moveInto(Path partial, Path target) throws IOException {
        try {
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (!Files.isDirectory(target)) {
                throw e;
            }
        }
    }

    private static String resourceName() {
        String machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        String name = switch (machine) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64" -> "arm_64";
            default -> machine;
        };
        return "postgres-linux-" + name + ".txz";
    }

    private static String fingerprint(URLConnection connection) throws IOException {
        if (connection instanceof JarURLConnection jar && jar.getJarEntry() != null) {
            return HexFormat.of().toHexDigits((int) jar.getJarEntry().getCrc());
        }
        return "n" + connection.getContentLengthLong();
    }

    private static void unpack(InputStream archive, Path target) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive, BUFFER_BYTES)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target) || entry.getSize() > MAX_ENTRY_BYTES) {
                    throw new IOException("unusable entry " + entry.getName() + " in the PostgreSQL archive");
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else {
                    Files.createDirectories(parentOf(path, target));
                    write(tar, entry, path);
                }
            }
        }
    }

    private static Path parentOf(Path path, Path target) {
        Path parent = path.getParent();
        return parent == null ? target : parent;
    }

    private static void write(TarArchiveInputStream tar, TarArchiveEntry entry, Path path) throws IOException {
        if (entry.isSymbolicLink()) {
            Path link = Path.of(entry.getLinkName());
            if (link.isAbsolute() || link.getNameCount() > 1) {
                throw new IOException("unusable link " + entry.getName() + " in the PostgreSQL archive");
            }
            Files.deleteIfExists(path);
            Files.createSymbolicLink(path, link);
        } else {
            Files.copy(tar, path, StandardCopyOption.REPLACE_EXISTING);
            boolean executable = (entry.getMode() & 0b001_000_000) != 0;
            Files.setPosixFilePermissions(
                    path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        }
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
