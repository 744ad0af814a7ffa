package io.fleetscale.control.policy.language;

/** Ports, ends included; {@link #ALL} is written {@code *}. */
public record PortRange(int first, int last) {
    public static final int MAX_PORT = 65535;
    public static final PortRange ALL = new PortRange(0, MAX_PORT);

    public boolean contains(int port) {
        return first <= port && port <= last;
    }
}
