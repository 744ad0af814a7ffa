package io.fleetscale.control.outbound;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * An HTTP client for addresses that somebody else chose. It refuses private, link-local and other special addresses unless the
 * configuration allows them, looks at every address that a name stands for, follows no redirect, and bounds time and size. The
 * JVM keeps a looked-up name for 30 s, so the address that was looked at is the one that is connected to. Thread-safe; blocks.
 */
public final class OutboundHttp implements AutoCloseable {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(15);
    private static final int MAX_ANSWER_BYTES = 1 << 20;
    private static final int MAX_URL = 2048;

    private final boolean allowPrivate;
    private final HttpClient client;

    /** @param allowPrivate whether private addresses and plain http are allowed */
    public OutboundHttp(boolean allowPrivate) {
        this.allowPrivate = allowPrivate;
        this.client = HttpClient.newBuilder()
                .connectTimeout(CONNECT_LIMIT)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /** What came back. */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    public record Answer(int status, byte[] body) {}

    /** What is wrong with a URL, as far as that can be said without the DNS; empty: nothing. */
    public Optional<String> problem(String text) {
        URI uri;
        try {
            uri = URI.create(text);
        } catch (IllegalArgumentException e) {
            return Optional.of("is not a URL");
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (text.length() > MAX_URL || uri.getHost() == null || uri.getRawUserInfo() != null) {
            return Optional.of(
                    "must be a URL with a host and without credentials, of at most " + MAX_URL + " characters");
        }
        if (!scheme.equals("https") && !(allowPrivate && scheme.equals("http"))) {
            return Optional.of("must be an https URL");
        }
        if (!allowPrivate && isLiteral(uri.getHost())) {
            try {
                return isSpecial(address(uri.getHost()))
                        ? Optional.of("points to a private or special address: set api.allow_private_destinations to"
                                + " allow those")
                        : Optional.empty();
            } catch (UnknownHostException e) {
                return Optional.of("is not a URL");
            }
        }
        return Optional.empty();
    }

    private static boolean isLiteral(String host) {
        return host.startsWith("[") || host.chars().allMatch(c -> c == '.' || c >= '0' && c <= '9');
    }

    private static InetAddress address(String host) throws UnknownHostException {
        return InetAddress.getAllByName(
                host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host)[0];
    }

    /**
     * Sends a request.
     *
     * @throws IOException naming the host, for a refused address, a time-out, or what the network says
     */
    public Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpRequest built = request.timeout(REQUEST_LIMIT).build();
        URI uri = built.uri();
        Optional<String> problem = problem(uri.toString());
        if (problem.isPresent()) {
            throw new IOException(uri.getHost() + ": the URL " + problem.get());
        }
        if (!allowPrivate) {
            for (InetAddress address : InetAddress.getAllByName(uri.getHost())) {
                if (isSpecial(address)) {
                    throw new IOException(uri.getHost() + ": stands for a private or special address");
                }
            }
        }
        try {
            HttpResponse<byte[]> answer =
                    client.send(built, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
            return new Answer(answer.statusCode(), answer.body());
        } catch (IOException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new IOException(uri.getHost() + ": " + why, e);
        }
    }

    /** Whether an address is not one of the public internet. */
    static boolean isSpecial(InetAddress address) {
        if (address.isAnyLocalAddress()
                || address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isMulticastAddress()) {
            return true;
        }
        byte[] bytes = address.getAddress();
        int first = bytes[0] & 0xff;
        int second = bytes[1] & 0xff;
        if (address instanceof Inet4Address) {
            return first == 0
                    || first == 100 && second >= 64 && second < 128
                    || first == 192 && second == 0 && bytes[2] == 0
                    || first == 198 && (second == 18 || second == 19)
                    || first >= 240;
        }
        boolean unique = (first & 0xfe) == 0xfc;
        boolean translated = first == 0 && second == 0x64 && (bytes[2] & 0xff) == 0xff && (bytes[3] & 0xff) == 0x9b;
        boolean sixToFour = first == 0x20 && second == 0x02;
        boolean embedded = true;
        for (int i = 0; i < 10; i++) {
            embedded &= bytes[i] == 0;
        }
        return unique || translated || sixToFour || embedded;
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
