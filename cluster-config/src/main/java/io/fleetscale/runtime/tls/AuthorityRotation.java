package io.fleetscale.runtime.tls;

import io.fleetscale.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Replaces the authority of a directory in three steps, between which both the old and the new one are trusted. After each step
 * {@code ca.crt} goes to whoever trusts the authority; its first certificate is that of the one that issues.
 *
 * <ol>
 *   <li>{@link #begin}: the new one is trusted beside the old one, which still issues;
 *   <li>{@link #switchOver}: the new one issues, the old one is still trusted;
 *   <li>{@link #finish}: the old one is trusted no more.
 * </ol>
 *
 * <p>A step that was interrupted can be run again. Stateless; for one process at a time.
 */
public final class AuthorityRotation {
    private static final String NEXT_KEY = "ca-next.key";
    private static final String NEXT_CERTIFICATE = "ca-next.crt";

    private AuthorityRotation() {}

    /** How far a directory is. */
    public enum Phase {
        /** One authority. */
        NONE,
        /** Two, of which the old one issues. */
        BEGUN,
        /** Two, of which the new one issues. */
        SWITCHED
    }

    /** @throws GeneralSecurityException if the directory holds no authority */
    public static Phase phase(Path directory) throws IOException, GeneralSecurityException {
        int trusted = trusted(directory).size();
        if (Files.exists(directory.resolve(NEXT_CERTIFICATE))) {
            // with one alone the first step was interrupted
            return trusted > 1 ? Phase.BEGUN : Phase.NONE;
        }
        return trusted > 1 ? Phase.SWITCHED : Phase.NONE;
    }

    /** Makes the new authority. */
    public static void begin(Path directory, InstantSource clock) throws IOException, GeneralSecurityException {
        require(directory, Phase.NONE, "a rotation is under way already");
        CertifiedKey next = CertificateAuthority.make(clock, new SecureRandom());
        List<X509Certificate> trusted = new ArrayList<>(trusted(directory));
        trusted.add(next.certificate());
        write(directory, NEXT_KEY, AtomicFiles.OWNER_ONLY, next.privateKey());
        write(directory, NEXT_CERTIFICATE, AtomicFiles.READABLE, next.certificate());
        write(directory, CertificateAuthority.CERTIFICATE_FILE, AtomicFiles.READABLE, trusted.toArray());
    }

    /** Lets the new authority issue. */
    public static void switchOver(Path directory) throws IOException, GeneralSecurityException {
        require(directory, Phase.BEGUN, "no rotation was begun");
        CertifiedKey next = PemFiles.readCertifiedKey(directory.resolve(NEXT_CERTIFICATE), directory.resolve(NEXT_KEY));
        List<X509Certificate> trusted = new ArrayList<>(trusted(directory));
        trusted.remove(next.certificate());
        trusted.addFirst(next.certificate());
        write(directory, CertificateAuthority.KEY_FILE, AtomicFiles.OWNER_ONLY, next.privateKey());
        write(directory, CertificateAuthority.CERTIFICATE_FILE, AtomicFiles.READABLE, trusted.toArray());
        Files.delete(directory.resolve(NEXT_CERTIFICATE));
        Files.delete(directory.resolve(NEXT_KEY));
    }

    /** Ends the trust in the old authority. */
    public static void finish(Path directory) throws IOException, GeneralSecurityException {
        require(directory, Phase.SWITCHED, "the new authority does not issue yet");
        write(
                directory,
                CertificateAuthority.CERTIFICATE_FILE,
                AtomicFiles.READABLE,
                trusted(directory).getFirst());
    }

    private static void require(Path directory, Phase phase, String otherwise)
            throws IOException, GeneralSecurityException {
        Phase found = phase(directory);
        if (found != phase) {
            throw new GeneralSecurityException(directory + " is in phase " + found + ": " + otherwise);
        }
    }

    private static List<X509Certificate> trusted(Path directory) throws IOException, GeneralSecurityException {
        return PemFiles.readCertificates(directory.resolve(CertificateAuthority.CERTIFICATE_FILE));
    }

    private static void write(Path directory, String file, String permissions, Object... items) throws IOException {
        AtomicFiles.writeText(directory.resolve(file), PemFiles.text(items), permissions);
    }
}
