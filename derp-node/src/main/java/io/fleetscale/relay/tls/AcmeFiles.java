package io.fleetscale.relay.tls;

import io.fleetscale.runtime.acme.AcmeStore;
import io.fleetscale.runtime.acme.PendingChallenge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What ACME knows of one relay: account and certificate in files of mode 0600, pending challenges in memory, because only this
 * process answers them. A failure of the disk is an {@link UncheckedIOException} that names the file. Thread-safe.
 */
public final class AcmeFiles implements AcmeStore {
    private final Path directory;
    private final InstantSource clock;
    private final List<PendingChallenge> challenges = new CopyOnWriteArrayList<>();

    /** @param directory made when something is stored */
    public AcmeFiles(Path directory, InstantSource clock) {
        this.directory = directory;
        this.clock = clock;
    }

    @Override
    public Optional<String> secret(String name) {
        Path file = file(name);
        try {
            return SecretFile.read(file).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("ACME file " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void putSecret(String name, String pem) {
        Path file = file(name);
        try {
            SecretFile.write(file, pem.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("ACME file " + file + " cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public List<PendingChallenge> challenges() {
        Instant now = clock.instant();
        return challenges.stream()
                .filter(challenge -> challenge.expires().isAfter(now))
                .toList();
    }

    @Override
    public void putChallenge(PendingChallenge challenge) {
        removeChallenge(challenge.token());
        challenges.add(challenge);
    }

    @Override
    public void removeChallenge(String token) {
        challenges.removeIf(challenge -> challenge.token().equals(token));
    }

    /** This process is the only one. */
    @Override
    public boolean takeTurn(String name, Instant until) {
        return true;
    }

    @Override
    public void endTurn(String name, Instant free) {
        // nobody else waits for it
    }

    /** Names are host names and URLs, behind a word that says what they name. */
    private Path file(String name) {
        return directory.resolve(name.replaceAll("[^A-Za-z0-9.-]+", "_") + ".pem");
    }
}
