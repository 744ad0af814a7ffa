package io.fleetscale.control.relay;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;

/** The secrets with which relays register: one, or two while it is changed. Never prints them. Thread-safe. */
public final class RelayTokens {
    private static final int LEAST_CHARACTERS = 16;
    private static final int MOST_TOKENS = 2;
    private static final long MAX_BYTES = 4096;

    private final Path file;
    private volatile List<byte[]> tokens = List.of();

    public RelayTokens(Path file) {
        this.file = file;
    }

    /**
     * Reads the file.
     *
     * @return whether it says something else than before
     * @throws IOException naming the file, never its content
     */
    public boolean load() throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException("relays.token_path " + file + ": is larger than two secrets");
        }
        List<String> lines = Files.readString(file, StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        if (lines.isEmpty() || lines.size() > MOST_TOKENS) {
            throw new IOException("relays.token_path " + file + ": has " + lines.size()
                    + " secrets; write one line, or two while the secret is changed");
        }
        if (lines.stream().anyMatch(line -> line.length() < LEAST_CHARACTERS)) {
            throw new IOException("relays.token_path " + file + ": a secret has fewer than " + LEAST_CHARACTERS
                    + " characters; make one of 32 random characters");
        }
        List<byte[]> read = lines.stream()
                .map(line -> line.getBytes(StandardCharsets.UTF_8))
                .toList();
        boolean same = read.size() == tokens.size();
        for (int i = 0; same && i < read.size(); i++) {
            same = MessageDigest.isEqual(read.get(i), tokens.get(i));
        }
        tokens = read;
        return !same;
    }

    /** Compares with all, in constant time. */
    boolean admit(String shown) {
        byte[] bytes = shown.getBytes(StandardCharsets.UTF_8);
        boolean known = false;
        for (byte[] token : tokens) {
            known |= MessageDigest.isEqual(token, bytes);
        }
        return known;
    }

    @Override
    public String toString() {
        return "RelayTokens[" + file + "]";
    }
}
