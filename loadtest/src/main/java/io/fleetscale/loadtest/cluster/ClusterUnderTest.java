package io.fleetscale.loadtest.cluster;

import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.process.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code fleetscale dev --instances N} with all its processes on free ports of the loopback interface. An instance that was
 * killed stays dead until {@link #startAgain}. To be driven by one thread; what it tells may be read by any.
 */
public final class ClusterUnderTest implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(10);
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(3);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(40);
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(2);
    private static final int READY = 200;
    private static final JsonMapper JSON = new JsonMapper();

    private final Path launcher;
    private final Path data;
    private final Process process;
    private final JsonNode ready;
    private final double startSeconds;
    private final List<Instance> instances;
    private final Map<String, Long> pids = new ConcurrentHashMap<>();
    /** Instances that are no processes of {@code dev}. */
    private final List<Process> others = new ArrayList<>();

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PROBE_LIMIT).build();

    /**
     * An instance.
     *
     * @param url of its own control listener, not the balancer's
     * @param metrics {@code host:port} of {@code /readyz} and {@code /metrics}
     */
    public record Instance(String name, String url, String metrics) {}

    private ClusterUnderTest(Path launcher, Path data, Process process, JsonNode ready, double startSeconds) {
        this.launcher = launcher;
        this.data = data;
        this.process = process;
        this.ready = ready;
        this.startSeconds = startSeconds;
        List<Instance> list = new ArrayList<>();
        for (JsonNode instance : ready.get("instances")) {
            String name = instance.get("name").asString();
            list.add(new Instance(
                    name,
                    instance.get("url").asString(),
                    instance.get("metrics").asString()));
            pids.put(name, instance.get("pid").asLong());
        }
        this.instances = List.copyOf(list);
    }

    /**
     * Starts a cluster and waits until all of it serves.
     *
     * @param launcher {@code bin/fleetscale}
     * @param directory for its data, its ready file and its output; made when it is not there
     * @throws IOException with the end of its output when it does not become ready
     */
    public static ClusterUnderTest start(Path launcher, Path directory, int instances)
            throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Path readyFile = directory.resolve("ready.json");
        Path log = directory.resolve("dev.log");
        Files.deleteIfExists(readyFile);
        Path data = directory.resolve("data");
        long before = System.nanoTime();
        List<String> command = new ArrayList<>(List.of(
                launcher.toString(),
                "dev",
                "--instances",
                Integer.toString(instances),
                "--data",
                data.toString(),
                "--listen",
                "127.0.0.1:0",
                "--stun-listen",
                "127.0.0.1:0",
                "--ready-file",
                readyFile.toString()));
        if (instances == 1) {
            command.addAll(List.of("--grpc-listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"));
        }
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        while (!Files.exists(readyFile)) {
            boolean late = System.nanoTime() - before > START_LIMIT.toNanos();
            if (late || !process.isAlive()) {
                process.destroy();
                List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
                throw new IOException("the cluster " + (late ? "was not ready within " + START_LIMIT : "ended") + ": "
                        + String.join("\n", lines.subList(Math.max(0, lines.size() - 12), lines.size())));
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        double seconds = (System.nanoTime() - before) / 1e9;
        return new ClusterUnderTest(launcher, data, process, JSON.readTree(Files.readString(readyFile)), seconds);
    }

    /** From the start of the first process until all served. */
    public double startSeconds() {
        return startSeconds;
    }

    /** The balancer's address. */
    public String url() {
        return ready.get("url").asString();
    }

    public List<Instance> instances() {
        return instances;
    }

    /** The instances' own addresses. */
    public List<ControlUrl> urls() {
        return instances.stream()
                .map(instance -> ControlUrl.parse(instance.url()))
                .toList();
    }

    /** Of the administration API. */
    public String apiKey() {
        return ready.get("api_key").asString();
    }

    /** Reusable, for the user {@link #user}. */
    public String preAuthKey() {
        return ready.get("preauth_key").asString();
    }

    public String user() {
        return ready.get("user").asString();
    }

    /** Directory of everything that the cluster keeps. */
    public Path data() {
        return data;
    }

    /** An administrator who talks to the instances themselves, in turn. */
    public AdminClient admin() {
        return new AdminClient(instances.stream().map(Instance::url).toList(), apiKey());
    }

    public ClusterDatabase database() {
        return new ClusterDatabase(data.resolve("postgres"));
    }

    /** SIGKILL. */
    public void kill(Instance instance) throws IOException, InterruptedException {
        Signals.KILL.send(List.of(pid(instance)));
        awaitEnd(instance, STOP_LIMIT);
    }

    /** SIGTERM; returns when it has ended. It drains before. */
    public void terminate(Instance instance, Duration limit) throws IOException, InterruptedException {
        Signals.TERM.send(List.of(pid(instance)));
        awaitEnd(instance, limit);
    }

    /** SIGSTOP: the instance does nothing, and knows nothing of it. */
    public void pause(Instance instance) throws IOException, InterruptedException {
        Signals.STOP.send(List.of(pid(instance)));
    }

    /** SIGCONT. */
    public void resume(Instance instance) throws IOException, InterruptedException {
        Signals.CONT.send(List.of(pid(instance)));
    }

    private void awaitEnd(Instance instance, Duration limit) throws IOException, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (ProcessHandle.of(pid(instance)).map(ProcessHandle::isAlive).orElse(false)) {
            if (System.nanoTime() > end) {
                throw new IOException(instance.name() + " did not end within " + limit);
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    /** {@code fleetscale dev start}, and waits until the instance is ready. */
    public void startAgain(Instance instance) throws IOException, InterruptedException, TimeoutException {
        Process start = new ProcessBuilder(
                        launcher.toString(), "dev", "start", instance.name(), "--data", data.toString())
                .redirectErrorStream(true)
                .start();
        start.getOutputStream().close();
        String output = new String(start.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!start.waitFor(COMMAND_LIMIT.toSeconds(), TimeUnit.SECONDS) || start.exitValue() != 0) {
            throw new IOException("dev start " + instance.name() + ": " + output.strip());
        }
        String number = output.strip().replaceAll("(?s).* ", "");
        pids.put(instance.name(), Long.parseLong(number));
        awaitReady(instance, COMMAND_LIMIT);
    }

    /**
     * Starts an instance that has ended with the program of another release, by the configuration that it has, and waits until it
     * is ready. Its output goes to {@code log} beside that configuration.
     *
     * @param program {@code bin/fleetscale} of that release
     */
    public void startAs(Instance instance, Path program) throws IOException, InterruptedException, TimeoutException {
        Path home = data.resolve("instances").resolve(instance.name());
        Process started = new ProcessBuilder(
                        program.toString(),
                        "serve",
                        "--config",
                        home.resolve("config.yaml").toString())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(home.resolve("log").toFile()))
                .start();
        started.getOutputStream().close();
        others.add(started);
        pids.put(instance.name(), started.pid());
        awaitReady(instance, COMMAND_LIMIT);
    }

    /**
     * Has an instance reach PostgreSQL at another port of 127.0.0.1 from its next start on, such as that of a fault proxy.
     */
    public void moveDatabase(Instance instance, int port) throws IOException {
        Path file = data.resolve("instances").resolve(instance.name()).resolve("config.yaml");
        String text = Files.readString(file);
        String moved = text.replaceAll("(?m)^(\\s+port: )\"?" + database().port() + "\"?$", "$1" + port);
        if (moved.equals(text)) {
            throw new IOException(file + ": has no port " + database().port());
        }
        Files.writeString(file, moved);
    }

    /** Has an instance take part in the grid from another address of the loopback interface from its next start on. */
    public void moveGrid(Instance instance, String address) throws IOException {
        Path file = data.resolve("instances").resolve(instance.name()).resolve("config.yaml");
        String text = Files.readString(file);
        String moved = text.replaceAll("(?m)^(\\s+address: )\"?127\\.0\\.0\\.1\"?$", "$1\"" + address + "\"");
        if (moved.equals(text)) {
            throw new IOException(file + ": has no cluster.grid.address 127.0.0.1");
        }
        Files.writeString(file, moved);
    }

    /** When an instance said in its log for the first time after {@code since} that it fences itself. */
    public Optional<Instant> fenced(Instance instance, Instant since) throws IOException {
        Path log = data.resolve("instances").resolve(instance.name()).resolve("log");
        return Files.readAllLines(log, StandardCharsets.UTF_8).stream()
                .filter(line -> line.contains(" This instance fences itself "))
                .map(line -> Instant.parse(line.substring(0, line.indexOf(' '))))
                .filter(at -> !at.isBefore(since))
                .findFirst();
    }

    /** Until {@code /readyz} answers 200. */
    public void awaitReady(Instance instance, Duration limit) throws InterruptedException, TimeoutException {
        long end = System.nanoTime() + limit.toNanos();
        while (readiness(instance) != READY) {
            if (System.nanoTime() > end) {
                throw new TimeoutException(instance.name() + " is not ready after " + limit);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** The status of {@code /readyz}; 0 when there is no answer. */
    public int readiness(Instance instance) throws InterruptedException {
        try {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://" + instance.metrics() + "/readyz"))
                                    .timeout(PROBE_LIMIT)
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    /** The process that an instance runs in, or ran in last. */
    public long pid(Instance instance) {
        Long pid = pids.get(instance.name());
        if (pid == null) {
            throw new IllegalArgumentException("no instance " + instance.name());
        }
        return pid;
    }

    /** CPU seconds of an instance's present process. */
    public double cpuSeconds(Instance instance) {
        return new ServerProcess(pid(instance)).cpuSeconds();
    }

    /**
     * Stops everything in order.
     *
     * @throws IOException when it does not end; it is ended by force then
     */
    @Override
    public void close() throws IOException {
        http.shutdownNow();
        try {
            for (Instance instance : instances) {
                resume(instance);
            }
            others.forEach(Process::destroy);
            process.destroy();
            if (process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS) && haveOthersEnded()) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        others.forEach(Process::destroyForcibly);
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        throw new IOException("fleetscale dev did not end within " + STOP_LIMIT + " of SIGTERM");
    }

    private boolean haveOthersEnded() throws InterruptedException {
        for (Process other : others) {
            if (!other.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                return false;
            }
        }
        return true;
    }
}
