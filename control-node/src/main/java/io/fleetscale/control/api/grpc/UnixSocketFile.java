package io.fleetscale.control.api.grpc;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file of a unix socket: its directory, what an earlier run left behind, its permissions, its end. */
final class UnixSocketFile {
    /** Linux's limit for sun_path without the closing zero. */
    private static final int MAX_PATH_BYTES = 107;

    private static final Logger LOG = LoggerFactory.getLogger(UnixSocketFile.class);

    private final Path path;
    private final int permissions;

    UnixSocketFile(Path path, int permissions) {
        this.path = path;
        this.permissions = permissions;
    }

    /**
     * Makes the directory (0700) and removes a stale socket.
     *
     * @throws IOException if the path is too long, is no socket, or another process listens on it
     */
    void prepare() throws IOException {
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_PATH_BYTES) {
            throw new IOException("unix socket " + path + ": the path has " + length + " bytes, at most "
                    + MAX_PATH_BYTES + " are possible; set a shorter unix_socket");
        }
        Path directory = path.toAbsolutePath().getParent();
        if (directory != null && !Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        boolean socket = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther();
        if (!socket) {
            throw new IOException("unix socket " + path + ": a file that is no socket is in the way; remove it");
        }
        if (answers()) {
            throw new IOException(
                    "unix socket " + path + ": another process listens on it; stop it or set unix_socket");
        }
        Files.delete(path);
    }

    private boolean answers() {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException nobody) {
            return false;
        }
    }

    /** Applies the permission bits to the bound socket. */
    void restrict() throws IOException {
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] fromOwnerRead = PosixFilePermission.values();
        for (int bit = 0; bit < fromOwnerRead.length; bit++) {
            if ((permissions >> (fromOwnerRead.length - 1 - bit) & 1) != 0) {
                set.add(fromOwnerRead[bit]);
            }
        }
        Files.setPosixFilePermissions(path, set);
    }

    void remove() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException failed) {
            LOG.atWarn().addKeyValue("path", path).setCause(failed).log("the unix socket could not be removed");
        }
    }
}
