package io.fleetscale.control.oidc;

import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import io.fleetscale.config.OidcConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configured issuer: discovered at the start, or as soon as it answers, and looked at again each hour. While it is not
 * known, logins are approved by administrators. Thread-safe.
 */
public final class Issuer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Issuer.class);
    private static final Duration RETRY = Duration.ofSeconds(10);
    private static final Duration REFRESH = Duration.ofHours(1);
    private static final String DISCOVERY_PATH = "/.well-known/openid-configuration";
    private static final String CALLBACK_PATH = "/oidc/callback";
    private static final int MAX_SECRET_BYTES = 4096;

    private final OidcConfig config;
    private final URI redirectUri;
    private final InstantSource clock;
    private final Duration retry;
    private volatile @Nullable IssuerClient client;
    private volatile @Nullable IssuerHttp http;
    private @Nullable Thread watcher;

    /** @param serverUrl as browsers reach it, without a slash at the end */
    public Issuer(OidcConfig config, String serverUrl, InstantSource clock) {
        this(config, serverUrl, clock, RETRY);
    }

    Issuer(OidcConfig config, String serverUrl, InstantSource clock, Duration retry) {
        this.config = config;
        this.redirectUri = URI.create(serverUrl + CALLBACK_PATH);
        this.clock = clock;
        this.retry = retry;
    }

    /**
     * Looks for the issuer, once if the server may only start with it.
     *
     * @throws IOException when the secret or the authorities cannot be read, or when the issuer is needed and not there
     */
    public void start() throws IOException, GeneralSecurityException {
        String secret = readSecret();
        IssuerHttp connection = new IssuerHttp(config.caPath());
        http = connection;
        try {
            discover(secret, connection);
        } catch (IOException e) {
            if (config.onlyStartIfAvailable()) {
                connection.close();
                throw new IOException(
                        "the OpenID Connect issuer " + config.issuer() + " cannot be used: " + e.getMessage()
                                + "; set oidc.only_start_if_oidc_is_available to false to start without it",
                        e);
            }
            LOG.atWarn()
                    .addKeyValue("issuer", config.issuer())
                    .addKeyValue("reason", e.getMessage())
                    .log("the issuer cannot be used yet: administrators approve logins until it answers");
        }
        watcher = Thread.ofVirtual().name("oidc-issuer").start(() -> watch(secret, connection));
    }

    /** The issuer, if it has been found. */
    Optional<IssuerClient> client() {
        return Optional.ofNullable(client);
    }

    private void watch(String secret, IssuerHttp connection) {
        while (!Thread.currentThread().isInterrupted()) {
            boolean known = client != null;
            try {
                Thread.sleep(known ? REFRESH : retry);
                discover(secret, connection);
            } catch (InterruptedException e) {
                return;
            } catch (IOException | RuntimeException e) {
                LOG.atDebug().addKeyValue("issuer", config.issuer()).setCause(e).log("the issuer does not answer");
            }
        }
    }

    private void discover(String secret, IssuerHttp connection) throws IOException {
        String issuer = config.issuer();
        String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        String document = connection.get(URI.create(base + DISCOVERY_PATH)).getBody();
        OIDCProviderMetadata metadata;
        try {
            metadata = OIDCProviderMetadata.parse(String.valueOf(document));
        } catch (ParseException e) {
            throw new IOException("its discovery document does not parse: " + e.getMessage(), e);
        }
        if (!metadata.getIssuer().getValue().equals(issuer)) {
            throw new IOException("it calls itself " + metadata.getIssuer() + ": write that as oidc.issuer");
        }
        boolean first = client == null;
        client = new IssuerClient(config, secret, metadata, redirectUri, connection, clock);
        if (first) {
            LOG.atInfo().addKeyValue("issuer", issuer).log("logins go to the issuer");
        }
    }

    private String readSecret() throws IOException {
        Path file = config.clientSecretPath();
        if (file == null) {
            return config.clientSecret().value();
        }
        if (Files.size(file) > MAX_SECRET_BYTES) {
            throw new IOException(
                    "oidc.client_secret_path " + file + ": is larger than " + MAX_SECRET_BYTES + " bytes");
        }
        String secret = Files.readString(file).strip();
        if (secret.isEmpty()) {
            throw new IOException("oidc.client_secret_path " + file + ": is empty");
        }
        return secret;
    }

    @Override
    public void close() {
        Thread running = watcher;
        if (running != null) {
            running.interrupt();
        }
        IssuerHttp connection = http;
        if (connection != null) {
            connection.close();
        }
    }
}
