package io.fleetscale.control.device;

import com.google.protobuf.ByteString;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks clients for the identity of their machines, each once a day, as long as the tailnet's settings say so; forgets what they
 * told when they do not any more. One instance acts for all. Confined to the thread that calls {@link #round}.
 */
public final class IdentityCollector {
    private static final Logger LOG = LoggerFactory.getLogger(IdentityCollector.class);
    private static final Duration AGAIN = Duration.ofDays(1);
    private static final Duration RETRY = Duration.ofMinutes(10);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    /** So many are asked at once: the answers of a large tailnet spread over some minutes. */
    private static final int BATCH = 100;

    private final Changelog changelog;
    private final Question question;
    private final Predicate<NodeId> isOnline;
    private final InstantSource clock;
    private final Map<NodeId, Instant> due = new HashMap<>();

    public IdentityCollector(Changelog changelog, Question question, Predicate<NodeId> isOnline, InstantSource clock) {
        this.changelog = changelog;
        this.question = question;
        this.isOnline = isOnline;
        this.clock = clock;
    }

    /** Sends a request to the handlers of a client. */
    @FunctionalInterface
    public interface Question {
        /** Completes with the raw HTTP/1.1 response, or fails. */
        CompletableFuture<ByteString> ask(Node node, ByteString httpRequest, Duration timeout);
    }

    /** Asks those that are due and stores what they told; waits for the answers. */
    public void round() {
        TailnetImage image = changelog.image();
        if (!TailnetSettings.of(image).postureIdentityCollectionOn()) {
            due.clear();
            forget(image, id -> true);
            return;
        }
        forget(image, id -> image.node(id) == null);
        due.keySet().removeIf(id -> image.node(id) == null);
        Instant now = clock.instant();
        Map<NodeId, CompletableFuture<Optional<PostureIdentity>>> answers = new HashMap<>();
        for (Node node : image.nodes().values()) {
            if (answers.size() < BATCH
                    && !due.getOrDefault(node.id(), Instant.MIN).isAfter(now)
                    && isOnline.test(node.id())) {
                answers.put(
                        node.id(),
                        question.ask(node, PostureIdentity.REQUEST, ANSWER_LIMIT)
                                .handle((response, failure) ->
                                        failure == null ? PostureIdentity.parse(response) : Optional.empty()));
            }
        }
        answers.forEach((id, answer) -> take(id, answer.join(), now));
    }

    private void take(NodeId id, Optional<PostureIdentity> answer, Instant now) {
        due.put(id, now.plus(answer.isPresent() ? AGAIN : RETRY));
        if (answer.isEmpty()) {
            LOG.atDebug().addKeyValue("node", id).log("a client did not tell its identity");
            return;
        }
        PostureIdentity told = answer.get();
        boolean unused = changelog
                .write((image, context) ->
                        image.node(id) == null || told.equals(PostureIdentity.KIND.find(image, id.toString()))
                                ? Decision.unchanged(false)
                                : Decision.of(true, PostureIdentity.KIND.put(id.toString(), told)))
                .join();
    }

    private void forget(TailnetImage now, Predicate<NodeId> which) {
        if (PostureIdentity.KIND.all(now).keySet().stream().noneMatch(id -> which.test(node(id)))) {
            return;
        }
        int forgotten = changelog
                .write((image, context) -> {
                    List<Change> changes = new ArrayList<>();
                    PostureIdentity.KIND.all(image).keySet().stream()
                            .filter(id -> which.test(node(id)))
                            .forEach(id -> changes.add(PostureIdentity.KIND.remove(id)));
                    return new Decision<>(changes, changes.size());
                })
                .join();
        LOG.atDebug().addKeyValue("nodes", forgotten).log("identities of machines are forgotten");
    }

    private static NodeId node(String id) {
        return new NodeId(Long.parseLong(id));
    }
}
