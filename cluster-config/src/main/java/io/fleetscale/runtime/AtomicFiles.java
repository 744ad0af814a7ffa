package io.fleetscale.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files that appear whole or not at all, and never with more permissions than they should have. */
public final class AtomicFiles {
    /** For keys and other secrets. */
    public static final String OWNER_ONLY = "rw-------";

    /** For what others may read. */
    public static final String READABLE = "rw-r--r--";

    private AtomicFiles() {}

    /**
     * Writes a file, or replaces it, in one step that readers cannot see halfway. It is on the disk when this returns.
     *
     * @param permissions such as {@link #OWNER_ONLY}; the umask does not change them
     */
    public static void write(Path file, byte[] content, String permissions) throws IOException {
        Path target = file.toAbsolutePath();
        Path directory = target.getParent();
        if (directory == null) {
            throw new IOException(file + ": is not a file in a directory");
        }
        Set<PosixFilePermission> wanted = PosixFilePermissions.fromString(permissions);
        FileAttribute<Set<PosixFilePermission>> ownerOnly =
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY));
        Path draft = Files.createTempFile(directory, "." + target.getFileName(), ".new", ownerOnly);
        try {
            try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                ByteBuffer left = ByteBuffer.wrap(content);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                Files.setPosixFilePermissions(draft, wanted);
                channel.force(true);
            }
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** As {@link #write}, with text in UTF-8. */
    public static void writeText(Path file, String content, String permissions) throws IOException {
        write(file, content.getBytes(StandardCharsets.UTF_8), permissions);
    }
}
