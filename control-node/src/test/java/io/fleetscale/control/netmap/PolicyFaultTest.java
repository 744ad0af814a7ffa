package io.fleetscale.control.netmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** A policy that throws where none should: nobody must miss anything, or get more than the last good one allows. */
class PolicyFaultTest {
    private volatile boolean advanceFails;
    private volatile boolean compileFails;

    private CompiledPolicy compile(TailnetImage image) {
        if (compileFails) {
            throw new IllegalStateException("compile fails");
        }
        return faulty(AllowAllPolicy.compile(image));
    }

    private CompiledPolicy faulty(CompiledPolicy policy) {
        return (CompiledPolicy) Proxy.newProxyInstance(
                PolicyFaultTest.class.getClassLoader(), new Class<?>[] {CompiledPolicy.class}, (self, method, args) -> {
                    boolean advance = method.getName().equals("advance");
                    if (advance && advanceFails) {
                        throw new IllegalStateException("advance fails");
                    }
                    try {
                        Object answer = method.invoke(policy, args);
                        return advance && answer instanceof CompiledPolicy.Advance(var next, var effect)
                                ? new CompiledPolicy.Advance(faulty(next), effect)
                                : answer;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static void assertInStep(TestTailnet tailnet, ModelSession session) {
        assertThat(session.advance(tailnet, true)).isTrue();
        ModelSession fresh = new ModelSession(tailnet, session.node);
        assertThat(session.client.peers).isEqualTo(fresh.client.peers);
    }

    @Test
    void whatFollowsAFaultIsToldAsIfThereHadBeenNone() {
        TestTailnet tailnet = new TestTailnet(this::compile);
        Node first = tailnet.addNode(node -> node);
        ModelSession session = new ModelSession(tailnet, first.id());
        advanceFails = true;
        tailnet.addNode(node -> node);
        tailnet.apply(new Change.NodeRemoved(tailnet.addNode(node -> node).id()));
        tailnet.addNode(node -> node);
        assertInStep(tailnet, session);
        assertThat(tailnet.draft.figures().faults()).isEqualTo(4);
        assertThat(tailnet.draft.figures().problem()).isEmpty();
    }

    @Test
    void withoutAnyPolicyForTheImageEverythingStaysUntilThereIsOne() {
        TestTailnet tailnet = new TestTailnet(this::compile);
        Node first = tailnet.addNode(node -> node);
        Node second = tailnet.addNode(node -> node);
        ModelSession session = new ModelSession(tailnet, first.id());
        long version = tailnet.image.version();

        advanceFails = true;
        compileFails = true;
        tailnet.addNode(node -> node);
        tailnet.apply(new Change.NodeRemoved(second.id()));
        assertThat(tailnet.state.image().version()).isEqualTo(version);
        assertThat(tailnet.draft.isBehind()).isTrue();
        assertThat(tailnet.draft.figures().problem()).contains("compile fails");

        tailnet.draft.retry();
        assertThat(tailnet.draft.isBehind()).isTrue();
        compileFails = false;
        advanceFails = false;
        tailnet.draft.retry();
        tailnet.publish();
        assertThat(tailnet.draft.isBehind()).isFalse();
        assertThat(tailnet.draft.figures().problem()).isEmpty();
        assertInStep(tailnet, session);
    }

    @Test
    void whoWaitsForAnImageWithoutPolicyIsRefusedAndServedAgainLater() {
        try (Netmaps netmaps = new Netmaps(this::compile, new PresenceOverlay(), Duration.ZERO, System::nanoTime)) {
            netmaps.start();
            TailnetDelta delta = new TailnetDelta(
                    1, List.of(new Change.NodePut(TestTailnet.node(1).build())));
            TailnetImage after = TailnetImage.EMPTY.apply(delta);
            advanceFails = true;
            compileFails = true;
            netmaps.applied(TailnetImage.EMPTY, delta, after);
            CompletableFuture<NetmapState> waiting = netmaps.reach(1);
            assertThatThrownBy(waiting::join)
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("compile fails");
            compileFails = false;
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> netmaps.state().image().version() == 1);
            assertThat(netmaps.reach(1).join().image().node(new NodeId(1))).isNotNull();
        }
    }
}
