package io.fleetscale.config;

import io.fleetscale.wire.ip.IpAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * This instance's place in the cluster.
 *
 * @param instance its name, unique in the cluster
 * @param grid where other instances reach it
 * @param tls how they prove who they are
 * @param drainTimeout how long a drain may take
 * @param dialAddresses at which clients reach the instances without asking the DNS; empty: they ask it
 */
public record ClusterConfig(String instance, Grid grid, Tls tls, Duration drainTimeout, List<IpAddress> dialAddresses) {
    /** The name that an instance has when neither the file nor the machine gives one. */
    public static final String NAMELESS = "fleetscale";

    private static final Pattern INSTANCE_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");
    private static final String DIAL_ADDRESSES = "cluster.dial_addresses";
    private static final int MOST_DIAL_ADDRESSES = 16;
    private static final int HIGHEST_PORT = 65535;
    private static final ClusterConfig DEFAULTS = new ClusterConfig(
            NAMELESS,
            new Grid("127.0.0.1", 47500, 47100),
            new Tls(null, null, null),
            Duration.ofSeconds(25),
            List.of());

    public ClusterConfig {
        dialAddresses = List.copyOf(dialAddresses);
    }

    /**
     * Where the grid listens.
     *
     * @param address an IP address of this machine that other instances reach
     * @param discoveryPort 0 takes any free port
     * @param communicationPort 0 takes any free port
     */
    public record Grid(String address, int discoveryPort, int communicationPort) {}

    /** PEM files for the grid; all are null when the grid stays on this machine. */
    public record Tls(
            @Nullable Path certPath,
            @Nullable Path keyPath,
            @Nullable Path caPath) {
        public boolean isComplete() {
            return certPath != null && keyPath != null && caPath != null;
        }

        boolean isEmpty() {
            return certPath == null && keyPath == null && caPath == null;
        }
    }

    public static ClusterConfig defaults() {
        return DEFAULTS;
    }

    public ClusterConfig withInstance(String instance) {
        return new ClusterConfig(instance, grid, tls, drainTimeout, dialAddresses);
    }

    public ClusterConfig withGrid(Grid grid) {
        return new ClusterConfig(instance, grid, tls, drainTimeout, dialAddresses);
    }

    public ClusterConfig withTls(Tls tls) {
        return new ClusterConfig(instance, grid, tls, drainTimeout, dialAddresses);
    }

    public ClusterConfig withDrainTimeout(Duration drainTimeout) {
        return new ClusterConfig(instance, grid, tls, drainTimeout, dialAddresses);
    }

    static ClusterConfig read(Settings in, String hostName) {
        String instance = in.text("cluster.instance", "");
        return new ClusterConfig(
                instance.isEmpty() ? hostName : instance,
                new Grid(
                        in.text("cluster.grid.address", DEFAULTS.grid.address()),
                        in.integer("cluster.grid.discovery_port", DEFAULTS.grid.discoveryPort()),
                        in.integer("cluster.grid.communication_port", DEFAULTS.grid.communicationPort())),
                new Tls(
                        in.path("cluster.tls.cert_path", null),
                        in.path("cluster.tls.key_path", null),
                        in.path("cluster.tls.ca_path", null)),
                in.duration("cluster.drain.timeout", DEFAULTS.drainTimeout),
                addresses(in));
    }

    private static List<IpAddress> addresses(Settings in) {
        List<IpAddress> addresses = new ArrayList<>();
        for (String text : in.texts(DIAL_ADDRESSES, List.of())) {
            try {
                addresses.add(IpAddress.parse(text));
            } catch (IllegalArgumentException e) {
                in.report(ConfigProblem.error(
                        DIAL_ADDRESSES, text, "not an IP address", "write addresses such as [192.0.2.1, 192.0.2.2]"));
            }
        }
        return addresses;
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (!INSTANCE_NAME.matcher(instance).matches()) {
            problems.add(ConfigProblem.error(
                    "cluster.instance",
                    instance,
                    "not a name of an instance",
                    "write up to 63 letters, digits, dots and dashes, such as control-1"));
        }
        checkGridAddress(problems);
        checkPort(problems, "cluster.grid.discovery_port", grid.discoveryPort);
        checkPort(problems, "cluster.grid.communication_port", grid.communicationPort);
        if (grid.discoveryPort == grid.communicationPort && grid.discoveryPort != 0) {
            problems.add(ConfigProblem.error(
                    "cluster.grid.communication_port",
                    Integer.toString(grid.communicationPort),
                    "the same port as cluster.grid.discovery_port",
                    "write another port, such as 47100"));
        }
        if (!tls.isEmpty() && !tls.isComplete()) {
            problems.add(ConfigProblem.error(
                    "cluster.tls",
                    null,
                    "is incomplete",
                    "set cluster.tls.cert_path, cluster.tls.key_path and cluster.tls.ca_path, or none of them"));
        }
        if (dialAddresses.size() > MOST_DIAL_ADDRESSES) {
            problems.add(ConfigProblem.error(
                    DIAL_ADDRESSES,
                    dialAddresses.size() + " addresses",
                    "clients dial all of them at once",
                    "write at most " + MOST_DIAL_ADDRESSES));
        }
        if (drainTimeout.isNegative() || drainTimeout.isZero()) {
            problems.add(ConfigProblem.error(
                    "cluster.drain.timeout",
                    GoDuration.format(drainTimeout),
                    "must be above 0",
                    "write a duration, such as 25s"));
        }
        return problems;
    }

    private void checkGridAddress(List<ConfigProblem> problems) {
        try {
            IpAddress address = IpAddress.parse(grid.address);
            if (!address.unmap().isLoopback() && tls.isEmpty()) {
                problems.add(ConfigProblem.error(
                        "cluster.grid.address",
                        grid.address,
                        "a grid that other machines reach needs mutual TLS",
                        "set cluster.tls.cert_path, cluster.tls.key_path and cluster.tls.ca_path, or write 127.0.0.1"));
            }
        } catch (IllegalArgumentException e) {
            problems.add(ConfigProblem.error(
                    "cluster.grid.address", grid.address, "not an IP address", "write an address of this machine"));
        }
    }

    private static void checkPort(List<ConfigProblem> problems, String key, int port) {
        if (port < 0 || port > HIGHEST_PORT) {
            problems.add(ConfigProblem.error(key, Integer.toString(port), "must be 0..65535", "write a port"));
        }
    }
}
