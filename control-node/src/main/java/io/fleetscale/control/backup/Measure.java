package io.fleetscale.control.backup;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Counts bytes and lines, and digests them. In COPY's text form a line is a row: line feeds in values are escaped. */
final class Measure {
    private final MessageDigest digest;
    private long bytes;
    private long lines;

    Measure() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    void add(byte[] buffer, int offset, int length) {
        digest.update(buffer, offset, length);
        bytes += length;
        for (int i = offset; i < offset + length; i++) {
            if (buffer[i] == '\n') {
                lines++;
            }
        }
    }

    long bytes() {
        return bytes;
    }

    long lines() {
        return lines;
    }

    /** Ends the measuring. */
    String sha256() {
        return HexFormat.of().formatHex(digest.digest());
    }

    static String sha256(byte[] content) {
        Measure measure = new Measure();
        measure.add(content, 0, content.length);
        return measure.sha256();
    }
}
