package io.fleetscale.loadtest.bench;

import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The administration of a large tailnet: nodes are made by REST alone, then the whole list is asked for by REST and by the
 * command line, and single requests come at a steady rate, each timed from the moment at which it was due.
 */
final class ListBench {
    private static final int WRITERS = 24;
    private static final int LISTS = 11;
    private static final int COMMANDS = 5;
    private static final int REQUESTS_PER_SECOND = 50;
    private static final int SECONDS = 20;
    /** One request in this many is a write. */
    private static final int WRITE_EVERY = 10;

    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(30);

    private final Path launcher;
    private final int nodes;

    /** @param launcher {@code bin/fleetscale} of a clone or of the archive */
    ListBench(Path launcher, int nodes) {
        this.launcher = launcher;
        this.nodes = nodes;
    }

    void run(Report report) throws Exception {
        try (Scratch scratch = Scratch.create();
                HttpClient http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            DevServer server = DevServer.start(launcher, scratch.directory(), true);
            try {
                Api api = new Api(http, server.told("url") + "/api/v1/", server.told("api_key"));
                fill(api);
                lists(report, api);
                commands(report, server);
                steady(report, api);
            } finally {
                server.stop();
            }
        }
    }

    /** Calls of one client. */
    private record Api(HttpClient http, String base, String key) {
        byte[] call(String method, String path, String body) throws IOException, InterruptedException {
            HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
                    .method(method, BodyPublishers.ofString(body))
                    .header("Authorization", "Bearer " + key)
                    .timeout(REQUEST_LIMIT)
                    .build();
            HttpResponse<byte[]> answer = http.send(request, BodyHandlers.ofByteArray());
            if (answer.statusCode() != 200) {
                throw new IOException(method + " " + path + ": status " + answer.statusCode());
            }
            return answer.body();
        }

        /** The key stays out of logs. */
        @Override
        public String toString() {
            return "Api[" + base + "]";
        }
    }

    private void fill(Api api) throws Exception {
        AtomicInteger next = new AtomicInteger();
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> done = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                done.add(writers.submit(() -> {
                    for (int node = next.getAndIncrement(); node < nodes; node = next.getAndIncrement()) {
                        String key = "hskey-authreq-" + String.format(Locale.ROOT, "%024d", node);
                        api.call(
                                "POST",
                                "debug/node",
                                "{\"user\":\"dev\",\"key\":\"" + key + "\",\"name\":\"node-" + node + "\"}");
                        api.call("POST", "node/register?user=dev&key=" + key, "");
                    }
                    return null;
                }));
            }
            for (Future<?> each : done) {
                Object unused = each.get();
            }
        } catch (ExecutionException failed) {
            throw new IOException("making nodes: " + failed.getCause(), failed);
        }
    }

    private void lists(Report report, Api api) throws Exception {
        double[] millis = new double[LISTS];
        int bytes = 0;
        for (int i = -3; i < LISTS; i++) {
            long before = System.nanoTime();
            bytes = api.call("GET", "node", "").length;
            if (i >= 0) {
                millis[i] = (System.nanoTime() - before) / 1e6;
            }
        }
        Arrays.sort(millis);
        report.add(Figure.atMost(
                "REST: list of " + nodes + " nodes",
                millis[LISTS / 2],
                300,
                "ms",
                "request to last byte, median of " + LISTS + ", " + bytes / 1024 + " KiB"));
    }

    private void commands(Report report, DevServer server) throws Exception {
        for (String format : List.of("human", "json")) {
            double[] seconds = new double[COMMANDS];
            for (int i = -1; i < COMMANDS; i++) {
                ProcessBuilder builder = new ProcessBuilder(launcher.toString(), "nodes", "list", "-o", format)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD);
                builder.environment().put("HEADSCALE_UNIX_SOCKET", server.told("unix_socket"));
                long before = System.nanoTime();
                int code = builder.start().waitFor();
                if (code != 0) {
                    throw new IOException("nodes list: exit code " + code);
                }
                if (i >= 0) {
                    seconds[i] = (System.nanoTime() - before) / 1e9;
                }
            }
            Arrays.sort(seconds);
            report.add(Figure.atMost(
                    "command line: nodes list of " + nodes + " nodes, -o " + format,
                    seconds[COMMANDS / 2],
                    2,
                    "s",
                    "start to finish, median of " + COMMANDS));
        }
    }

    private void steady(Report report, Api api) throws Exception {
        int total = REQUESTS_PER_SECOND * SECONDS;
        double[] millis = new double[total];
        long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> done = new ArrayList<>();
            for (int i = 0; i < total; i++) {
                int number = i;
                long due = start + number * TimeUnit.SECONDS.toNanos(1) / REQUESTS_PER_SECOND;
                done.add(callers.submit(() -> {
                    TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                    one(api, number);
                    millis[number] = (System.nanoTime() - due) / 1e6;
                    return null;
                }));
            }
            for (Future<?> each : done) {
                Object unused = each.get();
            }
        } catch (ExecutionException failed) {
            throw new IOException("steady requests: " + failed.getCause(), failed);
        }
        Arrays.sort(millis);
        report.add(Figure.atMost(
                "REST: " + REQUESTS_PER_SECOND + " requests/s with " + nodes + " nodes, p99",
                millis[total * 99 / 100],
                100,
                "ms",
                "for " + SECONDS + " s: reads of a node, users, keys and, one in " + WRITE_EVERY + ", a rename; median "
                        + Math.round(millis[total / 2] * 10) / 10.0 + " ms"));
    }

    private void one(Api api, int number) throws IOException, InterruptedException {
        int node = number * 7919 % nodes + 1;
        byte[] unused;
        if (number % WRITE_EVERY == 0) {
            unused = api.call("POST", "node/" + node + "/rename/renamed-" + number, "");
        } else {
            unused = api.call(
                    "GET",
                    List.of("node/" + node, "user", "preauthkey", "apikey").get(number % 4),
                    "");
        }
    }
}
