package io.fleetscale.runtime.net;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Ports for processes that bind them some seconds later: free now, and below those that the system gives to outgoing
 * connections, of which a starting cluster makes many: a port of those is often taken before its process binds it. Stateless.
 */
public final class FreePorts {
    private static final Path OUTGOING = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    private static final int LOWEST = 10_000;
    /** Where Linux begins to take ports for outgoing connections unless it is told otherwise. */
    private static final int DEFAULT_OUTGOING = 32_768;

    private static final int FEWEST = 2_000;
    private static final int ATTEMPTS = 100;

    private FreePorts() {}

    /** As many different ones of an address of this machine. */
    public static int[] tcp(InetAddress address, int count) throws IOException {
        List<ServerSocket> probes = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                probes.add(bound(port -> new ServerSocket(port, 1, address)));
            }
            return probes.stream().mapToInt(ServerSocket::getLocalPort).toArray();
        } finally {
            for (ServerSocket probe : probes) {
                probe.close();
            }
        }
    }

    /** As many different ones of an address of this machine. */
    public static int[] udp(InetAddress address, int count) throws IOException {
        List<DatagramSocket> probes = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                probes.add(bound(port -> new DatagramSocket(new InetSocketAddress(address, port))));
            }
            return probes.stream().mapToInt(DatagramSocket::getLocalPort).toArray();
        } finally {
            probes.forEach(DatagramSocket::close);
        }
    }

    @FunctionalInterface
    private interface Binding<T> {
        T to(int port) throws IOException;
    }

    private static <T> T bound(Binding<T> binding) throws IOException {
        int limit = outgoing();
        if (limit < LOWEST + FEWEST) {
            return binding.to(0);
        }
        for (int i = 1; i < ATTEMPTS; i++) {
            T socket = unlessTaken(binding, ThreadLocalRandom.current().nextInt(LOWEST, limit));
            if (socket != null) {
                return socket;
            }
        }
        return binding.to(0);
    }

    private static <T> @Nullable T unlessTaken(Binding<T> binding, int port) throws IOException {
        try {
            return binding.to(port);
        } catch (BindException taken) {
            return null;
        }
    }

    private static int outgoing() throws IOException {
        if (!Files.isReadable(OUTGOING)) {
            return DEFAULT_OUTGOING;
        }
        String first = Files.readString(OUTGOING).strip().split("\\s+")[0];
        try {
            return Integer.parseInt(first);
        } catch (NumberFormatException e) {
            return DEFAULT_OUTGOING;
        }
    }
}
