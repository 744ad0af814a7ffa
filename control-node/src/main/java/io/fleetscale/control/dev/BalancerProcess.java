package io.fleetscale.control.dev;

import io.fleetscale.runtime.AtomicFiles;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The TCP balancer in front of the instances: HAProxy where it is installed, else {@code loadtest balancer}, which is for
 * trying only. Both ask {@code /readyz} each second, tell the client's address by the PROXY protocol, and reset the
 * connections of an instance that is down.
 */
final class BalancerProcess {
    private static final String LOADTEST = "io.fleetscale.loadtest.Loadtest";
    private static final int CONNECT_MILLIS = 200;

    private BalancerProcess() {}

    static DevProcess of(DevCluster.Plan plan, List<InstanceFile> instances) throws IOException {
        Path directory = plan.data().resolve("balancer");
        Files.createDirectories(directory);
        Path haproxy = inPath("haproxy");
        List<String> command =
                haproxy == null ? builtIn(plan, instances) : haproxy(haproxy, directory, plan, instances);
        InetSocketAddress address = new InetSocketAddress(
                plan.listen().isEverywhere() ? "127.0.0.1" : plan.listen().host(),
                plan.listen().port());
        return new DevProcess("balancer", command, directory.resolve("log"), () -> accepts(address));
    }

    private static List<String> builtIn(DevCluster.Plan plan, List<InstanceFile> instances) {
        List<String> arguments =
                new ArrayList<>(List.of("balancer", "--listen", plan.listen().toString()));
        for (InstanceFile instance : instances) {
            arguments.add("--backend");
            arguments.add(instance.backend());
        }
        return ProgramCommand.java(LOADTEST, List.of("-Xmx128m"), arguments);
    }

    private static List<String> haproxy(
            Path program, Path directory, DevCluster.Plan plan, List<InstanceFile> instances) throws IOException {
        StringBuilder text = new StringBuilder("""
                defaults
                  mode tcp
                  timeout connect 1s
                  timeout client 10m
                  timeout server 10m
                  option redispatch
                  retries 3
                frontend control
                  bind %s
                  default_backend instances
                backend instances
                  balance leastconn
                  option httpchk GET /readyz
                  http-check disable-on-404
                  http-check expect status 200
                  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions send-proxy-v2
                """.formatted(plan.listen()));
        for (InstanceFile instance : instances) {
            text.append("  server ")
                    .append(instance.name())
                    .append(' ')
                    .append(instance.control())
                    .append(" check addr ")
                    .append(instance.metrics().host())
                    .append(" port ")
                    .append(instance.metrics().port())
                    .append('\n');
        }
        Path file = directory.resolve("haproxy.cfg");
        AtomicFiles.writeText(file, text.toString(), AtomicFiles.READABLE);
        return List.of(program.toString(), "-db", "-f", file.toString());
    }

    private static @Nullable Path inPath(String program) {
        String path = System.getenv("PATH");
        for (String directory : (path == null ? "" : path).split(File.pathSeparator)) {
            Path file = Path.of(directory, program);
            if (!directory.isEmpty() && Files.isExecutable(file)) {
                return file;
            }
        }
        return null;
    }

    private static boolean accepts(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address, CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
