package io.fleetscale.loadtest.client;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * Where a control server is.
 *
 * @param base scheme and authority, without a slash at the end
 * @param tls present for https
 */
public record ControlUrl(String base, String host, int port, Optional<SslContext> tls) {
    /**
     * Reads {@code http://host:port} or {@code https://host:port}.
     *
     * @throws IllegalArgumentException for any other text
     */
    public static ControlUrl parse(String text) {
        URI uri = URI.create(text.replaceAll("/+$", ""));
        String host = uri.getHost();
        if (host == null
                || uri.getScheme() == null
                || uri.getRawPath() != null && !uri.getRawPath().isEmpty()) {
            throw new IllegalArgumentException(
                    "control URL \"" + text + "\": must be http://HOST[:PORT] or https://HOST[:PORT]");
        }
        return switch (uri.getScheme()) {
            case "http" ->
                new ControlUrl(uri.toString(), host, uri.getPort() < 0 ? 80 : uri.getPort(), Optional.empty());
            case "https" -> {
                try {
                    SslContext context = SslContextBuilder.forClient().build();
                    yield new ControlUrl(
                            uri.toString(), host, uri.getPort() < 0 ? 443 : uri.getPort(), Optional.of(context));
                } catch (SSLException e) {
                    throw new IllegalStateException("no TLS", e);
                }
            }
            default ->
                throw new IllegalArgumentException("control URL \"" + text + "\": the scheme must be http or https");
        };
    }

    InetSocketAddress address() {
        return new InetSocketAddress(host, port);
    }

    /** What a request of HTTP/1.1 says in {@code Host}, always with the port. */
    String hostHeader() {
        return host + ":" + port;
    }
}
