package io.fleetscale.loadtest.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** The administration API of several instances, called with one key. Thread-safe. */
public final class AdminClient implements AutoCloseable {
    private static final Duration CALL_LIMIT = Duration.ofSeconds(10);
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final JsonMapper JSON = new JsonMapper();
    private static final String STALE = "Fleetscale-Stale";

    private final List<String> urls;
    private final String apiKey;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final AtomicInteger turn = new AtomicInteger();

    /** How a call ended. */
    public sealed interface Outcome {
        /** Status 200. */
        record Done(JsonNode json, boolean stale) implements Outcome {}

        /** A status that says that nothing was done: 4xx. */
        record Refused(int status, String text) implements Outcome {}

        /** No answer, or one that leaves open whether it was done. */
        record Unknown(String why) implements Outcome {}
    }

    public AdminClient(List<String> urls, String apiKey) {
        this.urls = List.copyOf(urls);
        this.apiKey = apiKey;
    }

    public int places() {
        return urls.size();
    }

    /** Calls one instance. */
    public Outcome call(int place, String method, String path, String body) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(urls.get(place) + path))
                .timeout(CALL_LIMIT)
                .header("Authorization", "Bearer " + apiKey)
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            int status = answer.statusCode();
            if (status == 200) {
                JsonNode json = answer.body().isEmpty() ? MissingNode.getInstance() : JSON.readTree(answer.body());
                return new Outcome.Done(json, answer.headers().firstValue(STALE).isPresent());
            }
            return status / 100 == 4
                    ? new Outcome.Refused(status, answer.body())
                    : new Outcome.Unknown("status " + status + " " + answer.body());
        } catch (IOException | JacksonException e) {
            return new Outcome.Unknown(e.toString());
        }
    }

    /** Calls the instances in turn until one says 200 or refuses for good; 429 and what may be stale are tried again too. */
    public Outcome insist(String method, String path, String body, Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            int place = Math.floorMod(turn.getAndIncrement(), urls.size());
            Outcome outcome = call(place, method, path, body);
            boolean again = outcome instanceof Outcome.Unknown
                    || outcome instanceof Outcome.Done done && done.stale()
                    || outcome instanceof Outcome.Refused refused && refused.status() == 429;
            if (!again || System.nanoTime() > end) {
                return outcome;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        }
    }

    /**
     * As {@link #insist}, where nothing but success is expected.
     *
     * @throws IllegalStateException with what the server said otherwise
     */
    public JsonNode must(String method, String path, String body, Duration limit) throws InterruptedException {
        Outcome outcome = insist(method, path, body, limit);
        if (outcome instanceof Outcome.Done done) {
            return done.json();
        }
        throw new IllegalStateException(method + " " + path + ": " + outcome);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
