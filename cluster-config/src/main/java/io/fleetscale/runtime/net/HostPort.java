package io.fleetscale.runtime.net;

import java.net.InetSocketAddress;

/**
 * Where to listen, as configuration files write it: {@code host:port}, {@code [v6]:port}, or {@code :port} for every address of
 * the machine.
 *
 * @param host a name or an address without brackets; empty for every address
 * @param port 0..65535; 0 lets the system choose
 */
public record HostPort(String host, int port) {
    private static final int MAX_PORT = 65535;

    public HostPort {
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("port " + port + ": must be 0..65535");
        }
    }

    /**
     * @throws IllegalArgumentException naming the text and what is wrong with it
     */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw bad(text, "the port is missing; write host:port, [IPv6]:port or :port");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
            if (host.indexOf(':') < 0) {
                throw bad(text, "square brackets are for IPv6 addresses");
            }
        } else if (host.indexOf(':') >= 0) {
            throw bad(text, "an IPv6 address needs square brackets, as in [::1]:8080");
        } else if (host.indexOf('[') >= 0 || host.indexOf(']') >= 0) {
            throw bad(text, "square brackets are not closed or opened");
        }
        return new HostPort(host, port(text, text.substring(colon + 1)));
    }

    /** Whether it stands for every address of the machine. */
    public boolean isEverywhere() {
        return host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
    }

    /** For binding. Looks a name up, which can take time. */
    public InetSocketAddress resolve() {
        return host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }

    private static int port(String text, String digits) {
        if (digits.isEmpty() || digits.length() > 5 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw bad(text, "the port must be a number 0..65535");
        }
        int port = Integer.parseInt(digits);
        if (port > MAX_PORT) {
            throw bad(text, "the port must be a number 0..65535");
        }
        return port;
    }

    private static IllegalArgumentException bad(String text, String problem) {
        return new IllegalArgumentException("address '" + text + "': " + problem);
    }
}
