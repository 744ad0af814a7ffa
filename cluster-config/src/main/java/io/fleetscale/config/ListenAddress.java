package io.fleetscale.config;

import io.fleetscale.wire.ip.IpAddress;
import java.net.InetSocketAddress;

/**
 * Where a listener binds: an address (or host name) and a port. An empty host means every address of the machine, as in
 * Go; port 0 means any free port.
 */
public record ListenAddress(String host, int port) {
    private static final int HIGHEST_PORT = 65535;

    public ListenAddress {
        if (port < 0 || port > HIGHEST_PORT) {
            throw new IllegalArgumentException("port " + port + ": must be 0..65535");
        }
    }

    /**
     * Reads {@code 127.0.0.1:8080}, {@code [::1]:8080}, {@code :50443}, {@code localhost:8080}, {@code :http}.
     *
     * @throws IllegalArgumentException saying what is wrong
     */
    public static ListenAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("no port");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = IpAddress.parse(host.substring(1, host.length() - 1)).toString();
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("IPv6 addresses need square brackets");
        } else if (host.chars().anyMatch(c -> c <= ' ' || c == '/' || c == '[' || c == ']')) {
            throw new IllegalArgumentException("not a host");
        }
        return new ListenAddress(host, port(text.substring(colon + 1)));
    }

    /** The address to bind; looks up the host when it is a name. */
    public InetSocketAddress toSocketAddress() {
        return host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    }

    public boolean isLoopback() {
        if (host.equals("localhost")) {
            return true;
        }
        try {
            return IpAddress.parse(host).unmap().isLoopback();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }

    private static int port(String text) {
        return switch (text) {
            case "http" -> 80;
            case "https" -> 443;
            default -> {
                if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
                    throw new IllegalArgumentException("not a port");
                }
                yield Integer.parseInt(text);
            }
        };
    }
}
