package io.fleetscale.control.policy.engine;

import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;

/**
 * All that a policy can learn about a node: nodes with equal keys are one class. Source: policy 11.3, vector.
 *
 * @param identity tokens of owner or tags
 * @param held4 tokens of the literals that hold its IPv4 address
 * @param held6 the same for IPv6
 * @param postures places of the fulfilled ones
 * @param routes approved subnet routes, sorted
 * @param exits approved default routes, sorted
 * @param services addresses of services that it serves, sorted
 * @param lone number of a node that is a class of its own, 0 for all others
 */
record ClassKey(
        Ints identity,
        Ints held4,
        Ints held6,
        Ints postures,
        List<IpPrefix> routes,
        List<IpPrefix> exits,
        List<IpPrefix> services,
        boolean tagged,
        boolean hasIpv4,
        boolean hasIpv6,
        long lone) {
    ClassKey {
        routes = List.copyOf(routes);
        exits = List.copyOf(exits);
        services = List.copyOf(services);
    }
}
