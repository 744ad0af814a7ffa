package io.fleetscale.relay.admission;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.NodeKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks a control server's {@code /verify} whether a node may use the relay. Thread-safe; never blocks its caller.
 *
 * <p>A node that was admitted within the last minute is admitted again without a question, also while the control server
 * does not answer; beyond that, {@code failOpen} decides. An answer other than 200, and one that cannot be understood,
 * refuses. Source: tailscale derp/derpserver/derpserver.go, verifyClient; tailcfg DERPAdmitClientRequest.
 */
public final class VerifyUrl implements Admission, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VerifyUrl.class);
    private static final Duration LIMIT = Duration.ofSeconds(4);
    private static final Duration REMEMBERED = Duration.ofMinutes(1);
    private static final int MOST_REMEMBERED = 100_000;
    private static final int MOST_QUESTIONS = 256;
    private static final int ANSWER_BYTES = 4096;
    private static final int OK = 200;

    private record Target(@Nullable URI url, boolean failOpen) {}

    private volatile Target target;
    private final LongSupplier nanoTime;
    private final HttpClient http;
    private final JsonMapper json = new JsonMapper();
    private final Semaphore questions = new Semaphore(MOST_QUESTIONS);
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<NodeKey, Long> admitted = new LinkedHashMap<>();
    private volatile boolean unreachable;

    /**
     * @param url null: everybody is admitted
     * @param failOpen whether nodes are admitted while the control server cannot be reached
     * @param nanoTime a monotonic clock
     */
    public VerifyUrl(@Nullable URI url, boolean failOpen, LongSupplier nanoTime) {
        this.target = new Target(url, failOpen);
        this.nanoTime = nanoTime;
        this.http = HttpClient.newBuilder()
                .connectTimeout(LIMIT)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    /** Asks here from now on; another URL has to answer for every node. Who was let in stays connected. */
    public synchronized void use(@Nullable URI url, boolean failOpen) {
        if (!Objects.equals(url, target.url())) {
            admitted.clear();
        }
        target = new Target(url, failOpen);
    }

    @Override
    public CompletionStage<Verdict> admit(NodeKey node, IpAddress source) {
        Target now = target;
        URI url = now.url();
        if (url == null || isRemembered(node)) {
            return CompletableFuture.completedFuture(Verdict.ADMITTED);
        }
        if (!questions.tryAcquire()) {
            return CompletableFuture.completedFuture(now.failOpen() ? Verdict.ADMITTED : Verdict.REFUSED);
        }
        return CompletableFuture.supplyAsync(() -> ask(url, now.failOpen(), node, source), calls)
                .whenComplete((verdict, failure) -> questions.release());
    }

    private Verdict ask(URI url, boolean failOpen, NodeKey node, IpAddress source) {
        String body = json.createObjectNode()
                .put("NodePublic", node.toString())
                .put("Source", source.toString())
                .toString();
        HttpRequest request = HttpRequest.newBuilder(url)
                .timeout(LIMIT)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            byte[] answer;
            try (InputStream in = response.body()) {
                answer = in.readNBytes(ANSWER_BYTES);
            }
            reachable(url);
            if (response.statusCode() == OK && allows(answer)) {
                remember(url, node);
                return Verdict.ADMITTED;
            }
            forget(node);
            return Verdict.REFUSED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Verdict.REFUSED;
        } catch (IOException e) {
            if (!unreachable) {
                unreachable = true;
                LOG.atWarn()
                        .addKeyValue("url", url)
                        .addKeyValue("reason", e.toString())
                        .addKeyValue("new_nodes", failOpen ? "admitted" : "refused")
                        .log("the control server does not say who may use the relay");
            }
            return failOpen ? Verdict.ADMITTED : Verdict.REFUSED;
        }
    }

    private boolean allows(byte[] answer) {
        try {
            JsonNode root = json.readTree(new String(answer, StandardCharsets.UTF_8));
            for (Map.Entry<String, JsonNode> member : root.properties()) {
                if (member.getKey().equalsIgnoreCase("Allow")) {
                    return member.getValue().isBoolean() && member.getValue().booleanValue();
                }
            }
            return false;
        } catch (JacksonException e) {
            return false;
        }
    }

    private void reachable(URI url) {
        if (unreachable) {
            unreachable = false;
            LOG.atInfo().addKeyValue("url", url).log("the control server says again who may use the relay");
        }
    }

    private synchronized boolean isRemembered(NodeKey node) {
        Long until = admitted.get(node);
        return until != null && until - nanoTime.getAsLong() > 0;
    }

    private synchronized void remember(URI url, NodeKey node) {
        if (!url.equals(target.url())) {
            return; // somebody else is asked by now
        }
        admitted.remove(node);
        if (admitted.size() >= MOST_REMEMBERED) {
            admitted.remove(admitted.keySet().iterator().next());
        }
        admitted.put(node, nanoTime.getAsLong() + REMEMBERED.toNanos());
    }

    /** The node must be asked about again, although it was admitted a moment ago. */
    public synchronized void forget(NodeKey node) {
        admitted.remove(node);
    }

    @Override
    public void close() {
        calls.shutdownNow();
        http.shutdownNow();
    }
}
