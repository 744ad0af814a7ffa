package io.fleetscale.control.database.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps two processes off one data directory. The operating system gives the lock up when its holder dies, however it
 * dies; the file then only holds a number that nobody has any more.
 */
public final class DataDirectoryLock implements AutoCloseable {
    private static final String FILE = "fleetscale.pid";
    private static final int MAX_PID_CHARS = 20;

    private final FileChannel channel;
    private final FileLock lock;

    private DataDirectoryLock(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /** The directory is held by another process. */
    public static final class DirectoryInUse extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DirectoryInUse(Path directory, String pid) {
            super("data directory " + directory + " is in use by process " + pid
                    + ": stop that one, or choose another directory with --data");
        }
    }

    /** The directory cannot be used as it is. */
    public static final class UnusableDirectory extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnusableDirectory(Path directory, String reason, @Nullable Throwable cause) {
            super("data directory " + directory + " cannot be used: " + reason, cause);
        }
    }

    /**
     * Takes the directory, which is made if it is not there.
     *
     * @throws DirectoryInUse if another process, or this one, holds it
     * @throws UnusableDirectory if it cannot be written, or holds what is not ours
     */
    public static DataDirectoryLock take(Path directory) {
        try {
            Files.createDirectories(directory);
            refuseForeign(directory);
            FileChannel channel = FileChannel.open(
                    directory.resolve(FILE),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String holder = read(channel);
                channel.close();
                throw new DirectoryInUse(directory, holder);
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
            return new DataDirectoryLock(channel, lock);
        } catch (IOException e) {
            throw new UnusableDirectory(directory, reasonOf(e) + "; choose another directory with --data", e);
        }
    }

    /** A directory of somebody else would be filled with a database, and made unreadable for its owner. */
    private static void refuseForeign(Path directory) throws IOException {
        if (Files.exists(directory.resolve(FILE)) || Files.exists(directory.resolve("postgres"))) {
            return;
        }
        try (Stream<Path> entries = Files.list(directory)) {
            Optional<Path> foreign = entries.filter(entry -> !entry.endsWith("lost+found"))
                    .sorted()
                    .findFirst();
            if (foreign.isPresent()) {
                throw new UnusableDirectory(
                        directory,
                        "it holds files that are not Fleetscale's, such as "
                                + foreign.get().getFileName() + "; choose an empty directory with --data",
                        null);
            }
        }
    }

    private static String reasonOf(IOException failure) {
        return switch (failure) {
            case FileAlreadyExistsException _, NotDirectoryException _ -> "it is a file";
            case AccessDeniedException _ -> "this user may not write there";
            case NoSuchFileException _ -> "it cannot be made there";
            case FileSystemException named when named.getReason() != null -> named.getReason();
            default -> String.valueOf(failure.getMessage());
        };
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(MAX_PID_CHARS);
        channel.read(buffer, 0);
        String text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII).strip();
        return text.chars().allMatch(Character::isDigit) && !text.isEmpty() ? text : "(unknown)";
    }

    @Override
    public void close() {
        try {
            lock.release();
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
