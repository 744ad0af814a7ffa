package io.fleetscale.control.doctor;

import io.fleetscale.control.doctor.PlainHttp.Answer;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.noise.InitiatorHandshake;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.fleetscale.wire.noise.NoiseException;
import io.fleetscale.wire.noise.NoiseFormat;
import io.fleetscale.wire.noise.TransportKeys;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * Examines a server by its URL, with the requests that Tailscale clients send: what a proxy in front most often breaks is the
 * {@code Upgrade} header. Nothing is registered or changed. Blocks; one thread. Source: field case F045, control-protocol 3.1.
 */
public final class Doctor {
    private static final int CAPABILITY_VERSION = 113;
    private static final int NONCE_BYTES = 16;
    private static final String NOISE = "tailscale-control-protocol";
    private static final Pattern KEY = Pattern.compile("\"publicKey\"\\s*:\\s*\"(mkey:[0-9a-f]{64})\"");
    private static final String REMEDY =
            "a proxy in between must pass \"Upgrade\" and \"Connection\" on as they are, over HTTP/1.1: see deploy/proxy";

    private final URI url;
    private final Duration limit;
    private final boolean insecure;
    private final SecureRandom random = new SecureRandom();
    private final List<Finding> findings = new ArrayList<>();

    /**
     * @param url the URL that clients are given, {@code http} or {@code https} with a host
     * @param limit for each connection and each wait on it
     * @param insecure whether any certificate will do
     */
    public Doctor(URI url, Duration limit, boolean insecure) {
        this.url = url;
        this.limit = limit;
        this.insecure = insecure;
    }

    /** One request and what its answer means. */
    @FunctionalInterface
    private interface Check {
        Finding look(PlainHttp connection) throws IOException;
    }

    /** Everything that was found, in the order of the checks; what rests on a failed check is left out. To be called once. */
    public List<Finding> examine() {
        if (check("health", this::health) && check("server key", this::serverKey)) {
            boolean unused = check("control protocol", this::control);
            unused = check("control protocol over WebSocket", this::webSocket);
            unused = check("relay", this::relay);
        }
        return List.copyOf(findings);
    }

    private boolean check(String subject, Check check) {
        Finding finding;
        try (PlainHttp connection = PlainHttp.connect(url, limit, insecure)) {
            finding = check.look(connection);
        } catch (SSLException e) {
            finding = Finding.fail(
                    subject,
                    "TLS with " + url.getRawAuthority() + " fails: " + e.getMessage()
                            + "; clients refuse it too unless they trust the certificate's authority");
        } catch (SocketTimeoutException e) {
            finding = Finding.fail(subject, "nothing came within " + limit.toSeconds() + " s");
        } catch (IOException e) {
            finding = Finding.fail(subject, url.getRawAuthority() + ": " + e.getMessage());
        }
        findings.add(finding);
        return finding.level() != Finding.Level.FAIL;
    }

    private Finding health(PlainHttp connection) throws IOException {
        Answer answer = connection.ask("GET", target("/health"), List.of("Connection: close"));
        if (answer.status() == 200 && answer.body().contains("\"pass\"")) {
            return Finding.ok("health", "the server answers and reaches its database");
        }
        String location = answer.header("location");
        return Finding.fail(
                "health",
                location.isEmpty()
                        ? "status " + answer.status() + ": the server is not well, or something else answers here"
                        : "status " + answer.status() + ", a redirection: clients must be given the URL behind it");
    }

    private Finding serverKey(PlainHttp connection) throws IOException {
        Answer answer = connection.ask("GET", target("/key?v=" + CAPABILITY_VERSION), List.of("Connection: close"));
        return keyOf(answer)
                .map(key -> Finding.ok("server key", key.toString()))
                .orElseGet(() -> Finding.fail(
                        "server key",
                        "status " + answer.status() + " without a key: no control server answers at /key"));
    }

    private static Optional<MachineKey> keyOf(Answer answer) {
        Matcher key = KEY.matcher(answer.body());
        return answer.status() == 200 && key.find() ? Optional.of(MachineKey.fromText(key.group(1))) : Optional.empty();
    }

    /** A handshake to its end: the server's answer proves that bytes pass in both directions, and that it is the server. */
    private Finding control(PlainHttp connection) throws IOException {
        String subject = "control protocol";
        try {
            InitiatorHandshake handshake = handshake();
            Answer answer = connection.ask(
                    "POST",
                    target("/ts2021"),
                    List.of(
                            "Content-Length: 0",
                            "Connection: upgrade",
                            "Upgrade: " + NOISE,
                            "X-Tailscale-Handshake: " + handshake.initiationBase64()));
            if (answer.status() != 101) {
                return Finding.fail(subject, refusal(answer, NOISE));
            }
            byte[] header = connection.read(NoiseFormat.HEADER_LENGTH);
            byte[] whole = new byte[InitiatorHandshake.answerLength(header)];
            System.arraycopy(header, 0, whole, 0, header.length);
            byte[] rest = connection.read(whole.length - header.length);
            System.arraycopy(rest, 0, whole, header.length, rest.length);
            TransportKeys unused = handshake.finish(whole);
            return Finding.ok(subject, "the upgrade passes, and the server proves its key");
        } catch (NoiseException e) {
            return Finding.fail(subject, "the handshake fails: " + e.getMessage());
        } catch (SocketTimeoutException e) {
            return Finding.fail(subject, "nothing comes back after the upgrade: " + REMEDY);
        }
    }

    private InitiatorHandshake handshake() throws IOException, NoiseException {
        try (PlainHttp connection = PlainHttp.connect(url, limit, insecure)) {
            MachineKey server = keyOf(
                            connection.ask("GET", target("/key?v=" + CAPABILITY_VERSION), List.of("Connection: close")))
                    .orElseThrow(() -> new IOException("the server's key is gone"));
            return InitiatorHandshake.start(MachinePrivateKey.generate(random), server, CAPABILITY_VERSION, random);
        }
    }

    private Finding webSocket(PlainHttp connection) throws IOException {
        String subject = "control protocol over WebSocket";
        try {
            String initiation = URLEncoder.encode(handshake().initiationBase64(), StandardCharsets.UTF_8);
            Answer answer = connection.ask(
                    "GET",
                    target("/ts2021?X-Tailscale-Handshake=" + initiation),
                    List.of(
                            "Connection: Upgrade",
                            "Upgrade: websocket",
                            "Sec-WebSocket-Version: 13",
                            "Sec-WebSocket-Key: " + nonce(),
                            "Sec-WebSocket-Protocol: " + NOISE));
            if (answer.status() != 101) {
                return Finding.fail(subject, refusal(answer, "websocket") + "; only clients in browsers need it");
            }
            return answer.header("sec-websocket-protocol").equals(NOISE)
                    ? Finding.ok(subject, "the upgrade passes with its sub-protocol")
                    : Finding.fail(subject, "the sub-protocol is lost on the way: " + REMEDY);
        } catch (NoiseException e) {
            return Finding.fail(subject, "the handshake fails: " + e.getMessage());
        }
    }

    private Finding relay(PlainHttp connection) throws IOException {
        Answer answer = connection.ask("GET", target("/derp"), List.of("Connection: Upgrade", "Upgrade: DERP"));
        return switch (answer.status()) {
            case 101 -> Finding.ok("relay", "the upgrade to DERP passes");
            case 404 -> Finding.note("relay", "this server has none; clients take the relays of their DERP map");
            default -> Finding.fail("relay", refusal(answer, "DERP"));
        };
    }

    /** What an answer other than 101 says about the way. */
    private static String refusal(Answer answer, String protocol) {
        String told = answer.body().toLowerCase(Locale.ROOT);
        boolean reachedServer = told.contains("upgrade");
        return "status " + answer.status()
                + (reachedServer
                        ? ": the request arrives without \"Upgrade: " + protocol + "\"; " + REMEDY
                        : " in place of 101: the upgrade does not reach the server; " + REMEDY);
    }

    private String target(String path) {
        String base = url.getRawPath() == null ? "" : url.getRawPath();
        return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path;
    }

    private String nonce() {
        byte[] bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
