package io.fleetscale.control.secret;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A key of 32 bytes as text in a file of mode 0600: a fixed word, then 64 hex digits. */
record KeyFile(Path path, String word) {
    private static final Logger log = LoggerFactory.getLogger(KeyFile.class);
    private static final int KEY_BYTES = 32;
    private static final int MAX_FILE_BYTES = 4_096;
    private static final Set<PosixFilePermission> OTHERS = PosixFilePermissions.fromString("---rwxrwx");

    /** Null when there is no file. */
    byte @Nullable [] read() {
        try {
            if (Files.size(path) > MAX_FILE_BYTES) {
                throw unusable();
            }
            String text = Files.readString(path, StandardCharsets.US_ASCII).strip();
            if (!text.startsWith(word) || text.length() != word.length() + 2 * KEY_BYTES) {
                throw unusable();
            }
            warnOfMode();
            return HexFormat.of().parseHex(text.substring(word.length()));
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new KeyException("key file " + path + " cannot be read: check its mode and owner", e);
        } catch (IllegalArgumentException e) {
            throw unusable();
        }
    }

    private KeyException unusable() {
        return new KeyException("key file " + path + " holds no key: it must hold \"" + word
                + "\" and 64 hex digits; restore it from a backup");
    }

    private void warnOfMode() throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
        if (permissions.stream().anyMatch(OTHERS::contains)) {
            log.atWarn().addKeyValue("file", path).log("Others may read this key file; set its mode to 0600");
        }
    }

    /** Writes a new file, whole or not at all. */
    void write(byte[] key) {
        Path directory = path.toAbsolutePath().getParent();
        try {
            if (directory == null) {
                throw new IOException("no directory");
            }
            Files.createDirectories(directory);
            Path partial = Files.createTempFile(
                    directory,
                    ".key-",
                    ".tmp",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(partial, word + HexFormat.of().formatHex(key) + "\n", StandardCharsets.US_ASCII);
            try (var channel = java.nio.channels.FileChannel.open(partial, java.nio.file.StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new KeyException("key file " + path + " cannot be written: check its directory", e);
        }
    }
}
