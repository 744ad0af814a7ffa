package io.fleetscale.control.vipservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ServiceOffersTest {
    private static final NodeId ID = new NodeId(1);
    private static final Duration SOON = Duration.ofSeconds(30);

    private final TestTailnet tailnet = TestTailnet.create();
    private final AtomicInteger questions = new AtomicInteger();
    private final ConcurrentLinkedQueue<CompletableFuture<ByteString>> answers = new ConcurrentLinkedQueue<>();

    private ServiceOffers offers() {
        byte[] raw = new byte[32];
        raw[0] = 1;
        tailnet.apply(new Change.NodePut(
                Node.builder(ID, new MachineKey(Bytes32.of(raw)), new NodeKey(Bytes32.of(raw)), "n1", TestTailnet.START)
                        .tags(List.of("tag:h"))
                        .hostname("h")
                        .givenName("h")
                        .build()));
        return new ServiceOffers(tailnet, (node, request, timeout) -> {
            assertThat(request.toStringUtf8()).startsWith("GET /vip-services HTTP/1.1\r\n");
            questions.incrementAndGet();
            CompletableFuture<ByteString> answer = answers.poll();
            return answer == null ? CompletableFuture.failedFuture(new IllegalStateException("no session")) : answer;
        });
    }

    private void answers(String hash, String name) {
        answers.add(CompletableFuture.completedFuture(
                ByteString.copyFromUtf8("HTTP/1.1 200 OK\r\n\r\n{\"VIPServices\":[{\"Name\":\"" + name
                        + "\",\"Ports\":[\"tcp:443\"],\"Active\":true}],\"ServicesHash\":\"" + hash + "\"}")));
    }

    private Node node() {
        Node node = tailnet.image().node(ID);
        if (node == null) {
            throw new AssertionError("the node is gone");
        }
        return node;
    }

    @Test
    void asksOnlyWhenTheMarkIsAnotherOne() {
        try (ServiceOffers offers = offers()) {
            answers("abc", "svc:web");
            offers.heard(ID, "");
            offers.heard(ID, "abc");
            await().atMost(SOON).until(() -> node().servicesHash().equals("abc"));
            assertThat(node().offeredServices()).containsExactly(OfferedService.of("svc:web", List.of("tcp:443")));
            offers.heard(ID, "abc");
            assertThat(questions).hasValue(1);
            answers("def", "svc:db");
            offers.heard(ID, "def");
            await().atMost(SOON).until(() -> node().servicesHash().equals("def"));
            assertThat(node().offeredServices().getFirst().name()).isEqualTo("svc:db");
        }
    }

    @Test
    void asksAgainWhenTheClientCannotBeReachedYet() {
        try (ServiceOffers offers = offers()) {
            answers.add(CompletableFuture.failedFuture(new IllegalStateException("no session")));
            answers.add(CompletableFuture.completedFuture(ByteString.copyFromUtf8("rubbish")));
            answers("abc", "svc:web");
            offers.heard(ID, "abc");
            await().atMost(SOON).until(() -> node().servicesHash().equals("abc"));
            assertThat(questions).hasValue(3);
        }
    }

    @Test
    void anUnknownNodeIsNotAsked() {
        try (ServiceOffers offers = offers()) {
            offers.heard(new NodeId(2), "abc");
            assertThat(questions).hasValue(0);
        }
    }
}
