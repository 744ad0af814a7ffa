package io.fleetscale.control.device;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IdentityCollectorTest {
    private static final String TOLD = String.join(
            "\r\n",
            "HTTP/1.1 200 OK",
            "Content-Type: application/json",
            "Transfer-Encoding: chunked",
            "",
            "3d",
            "{\"SerialNumbers\":[\"SN-1\"],\"IfaceHardwareAddrs\":[\"02:00:00:00:00:01\"]}\n",
            "0",
            "",
            "");

    private final TestTailnet tailnet = TestTailnet.create();
    private final List<NodeId> asked = new ArrayList<>();
    private String answer = TOLD;
    private boolean online = true;
    private final IdentityCollector collector = new IdentityCollector(
            tailnet,
            (node, request, timeout) -> {
                asked.add(node.id());
                assertThat(request.toStringUtf8()).startsWith("GET /posture/identity?hwaddrs=true HTTP/1.1\r\n");
                return answer.isEmpty()
                        ? CompletableFuture.failedFuture(new IllegalStateException("no answer"))
                        : CompletableFuture.completedFuture(ByteString.copyFromUtf8(answer));
            },
            id -> online,
            tailnet::now);

    @BeforeEach
    void oneNode() {
        tailnet.apply(new Change.NodePut(
                Node.builder(new NodeId(1), MachineKey.of(new byte[32]), NodeKey.of(new byte[32]), "n1", tailnet.now())
                        .hostname("a")
                        .givenName("a")
                        .build()));
        collect(true);
    }

    private void collect(boolean on) {
        tailnet.apply(TailnetSettings.fromJson(TailnetSettings.INITIAL
                        .toJson()
                        .replace("\"postureIdentityCollectionOn\":false", "\"postureIdentityCollectionOn\":" + on))
                .put());
    }

    private @Nullable PostureIdentity known() {
        return PostureIdentity.KIND.find(tailnet.image(), "1");
    }

    @Test
    void aClientIsAskedOnceADay() {
        collector.round();
        collector.round();

        assertThat(known()).isEqualTo(new PostureIdentity(List.of("SN-1"), List.of("02:00:00:00:00:01"), false));
        assertThat(asked).hasSize(1);
        tailnet.pass(Duration.ofDays(1));
        answer = "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{\"PostureDisabled\":true}";
        collector.round();
        assertThat(known()).isEqualTo(new PostureIdentity(List.of(), List.of(), true));
    }

    @Test
    void whoDoesNotAnswerIsAskedAgain() {
        for (String bad : new String[] {"", "nonsense", "HTTP/1.1 500 no\r\n\r\n{}", "HTTP/1.1 200 OK\r\n\r\n{\"a"}) {
            answer = bad;
            collector.round();
            tailnet.pass(Duration.ofMinutes(10));
        }
        assertThat(known()).isNull();
        assertThat(asked).hasSize(4);
        answer = TOLD;
        collector.round();
        assertThat(known()).isNotNull();
    }

    @Test
    void nobodyIsAskedWhileItIsOff() {
        collector.round();
        assertThat(known()).isNotNull();

        collect(false);
        tailnet.pass(Duration.ofDays(2));
        collector.round();

        assertThat(known()).isNull();
        assertThat(asked).hasSize(1);
    }

    @Test
    void whoIsNotThereIsNotAsked() {
        online = false;

        collector.round();

        assertThat(asked).isEmpty();
    }

    @Test
    void whatANodeToldGoesWithIt() {
        collector.round();
        tailnet.apply(new Change.NodeRemoved(new NodeId(1)));

        collector.round();

        assertThat(known()).isNull();
    }
}
