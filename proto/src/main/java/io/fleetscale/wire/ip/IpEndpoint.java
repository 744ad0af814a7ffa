package io.fleetscale.wire.ip;

/** An address and a port, written {@code 192.0.2.1:41641} or {@code [2001:db8::1]:41641}. */
public record IpEndpoint(IpAddress address, int port) {
    public IpEndpoint {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port " + port + ": must be 0..65535");
        }
    }

    /**
     * @throws IllegalArgumentException naming the text and what is wrong; names are never looked up
     */
    public static IpEndpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw IpText.bad(text, "not an ip:port");
        }
        String host = text.substring(0, colon);
        String port = text.substring(colon + 1);
        if (port.isEmpty() || port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw IpText.bad(text, "invalid port");
        }
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        IpAddress address = IpAddress.parse(bracketed ? host.substring(1, host.length() - 1) : host);
        if (address.isV6() != bracketed) {
            throw IpText.bad(text, bracketed ? "square brackets are for IPv6" : "IPv6 addresses need square brackets");
        }
        int number = Integer.parseInt(port);
        if (number > 65535) {
            throw IpText.bad(text, "invalid port");
        }
        return new IpEndpoint(address, number);
    }

    @Override
    public String toString() {
        return address.isV6() ? "[" + address + "]:" + port : address + ":" + port;
    }
}
