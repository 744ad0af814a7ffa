package io.fleetscale.control.dev;

import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.runtime.net.FreePorts;
import io.fleetscale.runtime.net.HostPort;
import io.fleetscale.runtime.tls.CertificateAuthority;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Instances, relays and a balancer on one machine, each a process of its own, over a database that runs already. {@link
 * #start} returns when all of them serve. Thread-safe.
 */
public final class DevCluster implements AutoCloseable {
    private static final String FLEETSCALE = "io.fleetscale.control.boot.Fleetscale";
    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(1);
    private static final int READY = 200;

    private final Plan plan;
    private final DevProcesses processes = new DevProcesses();
    private final List<InstanceFile> files = new ArrayList<>();
    private List<DevRelays.Relay> relays = List.of();
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PROBE_LIMIT).build();

    /**
     * What to run.
     *
     * @param data directory of everything
     * @param listen where the balancer listens; a port that is free
     * @param host what clients call this machine
     * @param stun where a relay answers STUN; port 0 is any free one
     * @param serverUrl how clients reach the balancer
     * @param flowLogs whether clients may upload flow logs
     * @param relays 1 or more
     * @param regions that they are spread over
     */
    public record Plan(
            Path data,
            HostPort listen,
            String host,
            HostPort stun,
            String serverUrl,
            String baseDomain,
            String logLevel,
            boolean flowLogs,
            int instances,
            int relays,
            int regions) {}

    /** An instance as tools are told of it; addresses are {@code host:port}, the URL is its own, not the balancer's. */
    public record Instance(String name, String url, String grpc, String metrics, long pid) {}

    private DevCluster(Plan plan) {
        this.plan = plan;
    }

    /**
     * Starts everything; what had started is stopped again when a process fails.
     *
     * @throws IOException with a message for people
     */
    public static DevCluster start(Plan plan, DatabaseConfig database)
            throws IOException, GeneralSecurityException, InterruptedException {
        DevCluster cluster = new DevCluster(plan);
        try {
            cluster.startAll(database);
            return cluster;
        } catch (IOException | GeneralSecurityException | InterruptedException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private void startAll(DatabaseConfig database) throws IOException, GeneralSecurityException, InterruptedException {
        String host = plan.listen().isEverywhere() ? LOOPBACK : plan.listen().host();
        int[] ports = FreePorts.tcp(new HostPort(host, 0).resolve().getAddress(), 5 * plan.instances());
        CertificateAuthority authority = CertificateAuthority.in(certificates(), InstantSource.system());
        InstanceFile.Shared shared = new InstanceFile.Shared(
                plan.serverUrl(),
                plan.baseDomain(),
                plan.logLevel(),
                plan.flowLogs(),
                database.url(),
                database.user(),
                database.password(),
                plan.data(),
                certificates(),
                DevRelays.token(plan.data()));
        List<String> names = InstanceFile.names(plan.instances());
        for (int i = 0; i < names.size(); i++) {
            files.add(new InstanceFile(
                    names.get(i),
                    new HostPort(host, ports[5 * i]),
                    new HostPort(host, ports[5 * i + 1]),
                    new HostPort(LOOPBACK, ports[5 * i + 2]),
                    ports[5 * i + 3],
                    ports[5 * i + 4]));
        }
        List<DevProcess> launched = new ArrayList<>();
        for (InstanceFile file : files) {
            launched.add(launch(file, authority, shared));
            if (launched.size() == 1) {
                // makes the schema and the keys, and the processors are busy enough with one program that starts
                DevProcesses.awaitReady(launched);
            }
        }
        // these programs start beside the other instances; the balancer is ready once one of them is
        DevRelays launchedRelays = DevRelays.launch(
                processes,
                new DevRelays.Plan(
                        plan.data(), controlUrls(), plan.host(), plan.stun(), plan.relays(), plan.regions()));
        DevProcess balancer = processes.launch(BalancerProcess.of(plan, files));
        DevProcesses.awaitReady(launched);
        DevProcesses.awaitReady(List.of(balancer));
        relays = launchedRelays.awaitReady();
    }

    /** The balancer first: behind it somebody answers as long as one instance does. */
    private List<String> controlUrls() {
        List<String> urls = new ArrayList<>();
        urls.add("http://" + new HostPort(plan.host(), plan.listen().port()));
        files.forEach(file -> urls.add("http://" + file.control()));
        return urls;
    }

    private DevProcess launch(InstanceFile file, CertificateAuthority authority, InstanceFile.Shared shared)
            throws IOException, GeneralSecurityException {
        Path directory = plan.data().resolve("instances").resolve(file.name());
        Files.createDirectories(directory);
        authority.issueFiles(
                certificates(), file.name(), List.of(file.name(), file.control().host(), LOOPBACK, "localhost"));
        Path configuration = directory.resolve("config.yaml");
        file.write(configuration, directory, shared);
        return processes.launch(new DevProcess(
                file.name(),
                ProgramCommand.java(FLEETSCALE, List.of(), List.of("serve", "--config", configuration.toString())),
                directory.resolve("log"),
                () -> isReady(file.metrics())));
    }

    private boolean isReady(HostPort metrics) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + metrics + "/readyz"))
                .timeout(PROBE_LIMIT)
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == READY;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Ports that are free now, all different. */
    private Path certificates() {
        return plan.data().resolve("ca");
    }

    /** All instances, whether they run or not, in the order of their names. */
    public List<Instance> instances() {
        return files.stream()
                .map(file -> {
                    DevProcess process = processes.find(file.name());
                    return new Instance(
                            file.name(),
                            "http://" + file.control(),
                            file.grpc().toString(),
                            file.metrics().toString(),
                            process == null ? 0 : process.pid());
                })
                .toList();
    }

    /** All relays, as they were when they had started. */
    public List<DevRelays.Relay> relays() {
        return relays;
    }

    /** Base address of the balancer, as clients reach it. */
    public String url() {
        return plan.serverUrl();
    }

    /** Socket of the first instance's local command line. */
    public Path unixSocket() {
        return plan.data().resolve("instances").resolve(files.getFirst().name()).resolve("fleetscale.sock");
    }

    public DevProcesses processes() {
        return processes;
    }

    /** Stops all processes. */
    @Override
    public void close() {
        processes.close();
        http.close();
    }
}
