package io.fleetscale.runtime.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A certificate and its key in two files that others renew. They are looked at every two seconds; when they have changed and
 * belong together, handshakes that begin afterwards present them. Files that cannot be used, as while they are being replaced,
 * leave what is in use as it is. Thread-safe.
 */
public final class CertificateFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateFiles.class);
    private static final Duration INTERVAL = Duration.ofSeconds(2);

    private final Path certificate;
    private final Path privateKey;
    private final Duration interval;
    private final ReloadableKey key;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("certificate-files").factory());
    private @Nullable String seen;
    private @Nullable String reported;

    private CertificateFiles(Path certificate, Path privateKey, Duration interval, ReloadableKey key, String seen) {
        this.certificate = certificate;
        this.privateKey = privateKey;
        this.interval = interval;
        this.key = key;
        this.seen = seen;
    }

    /**
     * Reads both files.
     *
     * @throws IOException when one cannot be read or is not PEM
     * @throws GeneralSecurityException when they do not belong together
     */
    public static CertificateFiles read(Path certificate, Path privateKey)
            throws IOException, GeneralSecurityException {
        return read(certificate, privateKey, INTERVAL);
    }

    static CertificateFiles read(Path certificate, Path privateKey, Duration interval)
            throws IOException, GeneralSecurityException {
        String state = state(certificate, privateKey);
        ReloadableKey key = new ReloadableKey(PemFiles.readCertifiedKey(certificate, privateKey));
        return new CertificateFiles(certificate, privateKey, interval, key, state);
    }

    /** Looks at the files from now on. */
    public void start() {
        ScheduledFuture<?> unused = timer.scheduleWithFixedDelay(
                this::look, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Always the pair that is in use. */
    public ReloadableKey key() {
        return key;
    }

    private synchronized void look() {
        try {
            if (!state(certificate, privateKey).equals(seen)) {
                boolean unused = reload();
            }
        } catch (IOException | GeneralSecurityException e) {
            report(e);
        }
    }

    /**
     * Reads the files now, whether they have changed or not. What is in use stays when they cannot be used.
     *
     * @return whether another certificate is in use now
     * @throws IOException when one cannot be read or is not PEM
     * @throws GeneralSecurityException when they do not belong together
     */
    public synchronized boolean reload() throws IOException, GeneralSecurityException {
        String state = state(certificate, privateKey);
        CertifiedKey next = PemFiles.readCertifiedKey(certificate, privateKey);
        boolean same = next.certificate().equals(key.key().certificate());
        key.replace(next);
        seen = state;
        reported = null;
        if (!same) {
            LOG.atInfo()
                    .addKeyValue("file", certificate)
                    .addKeyValue("until", next.certificate().getNotAfter().toInstant())
                    .log("a new certificate is in use");
        }
        return !same;
    }

    /** Once for each reason. */
    private void report(Exception failure) {
        String why = failure instanceof NoSuchFileException missing
                ? missing.getFile() + " is missing"
                : String.valueOf(failure.getMessage());
        if (!why.equals(reported)) {
            reported = why;
            LOG.atWarn().addKeyValue("reason", why).log("the changed certificate files cannot be used");
        }
    }

    /** What changes with a file, also when a link is pointed elsewhere. */
    private static String state(Path certificate, Path privateKey) throws IOException {
        return state(certificate) + " " + state(privateKey);
    }

    private static String state(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return attributes.fileKey() + "/" + attributes.size() + "/" + attributes.lastModifiedTime();
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
