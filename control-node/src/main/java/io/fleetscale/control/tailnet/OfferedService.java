package io.fleetscale.control.tailnet;

import io.fleetscale.wire.ip.IpAddress;
import java.util.List;

/**
 * A service that the client of a node would serve, and what the tailnet makes of that. Source: policy 9.4.
 *
 * @param name {@code svc:} and a label
 * @param ports those that the client serves, such as {@code tcp:443}, as it says them
 * @param addresses at which the node serves it, IPv4 first; empty: it does not
 */
public record OfferedService(String name, List<String> ports, Approval approval, List<IpAddress> addresses) {
    /** Who let the node serve it. */
    public enum Approval {
        NONE(0),
        /** The policy, as long as it does. */
        AUTOMATIC(1),
        /** An administrator. */
        MANUAL(2);

        private final int number;

        Approval(int number) {
            this.number = number;
        }

        /** As stored. */
        int number() {
            return number;
        }

        /** NONE for a number of a newer release. */
        static Approval ofNumber(int number) {
            for (Approval approval : values()) {
                if (approval.number == number) {
                    return approval;
                }
            }
            return NONE;
        }
    }

    public OfferedService {
        ports = List.copyOf(ports);
        addresses = List.copyOf(addresses);
    }

    /** An offer that nobody has looked at. */
    public static OfferedService of(String name, List<String> ports) {
        return new OfferedService(name, ports, Approval.NONE, List.of());
    }

    public boolean isServed() {
        return !addresses.isEmpty();
    }
}
