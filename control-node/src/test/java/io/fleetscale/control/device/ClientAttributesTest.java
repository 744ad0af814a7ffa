package io.fleetscale.control.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.frontdoor.noise.MapStream;
import io.fleetscale.control.frontdoor.noise.NoiseRequest;
import io.fleetscale.control.frontdoor.noise.NoiseResponse;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.DeviceAttribute;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClientAttributesTest {
    private static final MachineKey MACHINE = MachineKey.of(key(1));
    private static final NodeKey NODE = NodeKey.of(key(2));

    private final TestTailnet tailnet = TestTailnet.create();
    private final PostureAttributes attributes = new PostureAttributes(tailnet);
    private final ClientAttributes calls = new ClientAttributes(tailnet, attributes, true);

    private static byte[] key(int first) {
        byte[] key = new byte[32];
        key[0] = (byte) first;
        return key;
    }

    @BeforeEach
    void oneNode() {
        tailnet.apply(new Change.NodePut(Node.builder(new NodeId(1), MACHINE, NODE, "n1", tailnet.now())
                .hostname("a")
                .givenName("a")
                .build()));
    }

    /** What the client reads. */
    private static final class Answer implements NoiseResponse {
        int status;
        String body = "";

        @Override
        public void answer(int answered, Map<String, String> headers, byte[] content) {
            status = answered;
            body = new String(content, StandardCharsets.UTF_8);
        }

        @Override
        public MapStream openStream(int answered, String contentType) {
            throw new AssertionError("no stream");
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void onClosed(Runnable action) {}
    }

    private static Answer call(ClientAttributes to, MachineKey machine, NodeKey node, String update) {
        Answer answer = new Answer();
        to.handle(
                new NoiseRequest(
                        machine,
                        131,
                        IpAddress.parse("192.0.2.9"),
                        1,
                        "PATCH",
                        "/machine/set-device-attr",
                        "",
                        Map.of(),
                        Map.of(),
                        ("{\"Version\":131,\"NodeKey\":\"" + node + "\",\"Update\":" + update + "}")
                                .getBytes(StandardCharsets.UTF_8)),
                answer);
        return answer;
    }

    private Answer call(String update) {
        return call(calls, MACHINE, NODE, update);
    }

    private List<String> names() {
        Node node = tailnet.image().node(new NodeId(1));
        return node == null
                ? List.of()
                : node.attributes().stream().map(DeviceAttribute::name).toList();
    }

    @Test
    void aClientSetsAndRemovesAttributesOfItsNode() {
        assertThat(call("{\"custom:tier\":\"gold\",\"custom:level\":7,\"custom:managed\":true}").status)
                .isEqualTo(200);
        assertThat(names()).containsExactly("custom:level", "custom:managed", "custom:tier");
        assertThat(tailnet.actors())
                .extracting(Actor::id, Actor::type)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("n1", Actor.Type.NODE));

        assertThat(call("{\"custom:tier\":null,\"custom:level\":8}").body).isEqualTo("{}");

        assertThat(names()).containsExactly("custom:level", "custom:managed");
    }

    @Test
    void whatOthersHaveSetStays() {
        DeviceAttribute set = new DeviceAttribute("custom:tier", new DeviceAttribute.Value.Text("basic"), null, "");
        assertThat(TestTailnet.get(attributes.apply(
                        List.of(new PostureAttributes.Edit(new NodeId(1), "custom:tier", Optional.of(set))))))
                .hasSize(1);

        for (String update : List.of("{\"custom:tier\":\"gold\"}", "{\"custom:tier\":null,\"custom:other\":true}")) {
            Answer answer = call(update);
            assertThat(answer.status).isEqualTo(403);
            assertThat(answer.body).contains("custom:tier");
        }
        assertThat(names()).containsExactly("custom:tier");
    }

    @Test
    void theRulesAreThoseOfTheApi() {
        assertThat(call("{\"node:os\":\"linux\"}").status).isEqualTo(400);
        assertThat(call("{\"custom:a\":\"not allowed!\"}").status).isEqualTo(400);
        assertThat(call("{\"custom:a\":1.5}").status).isEqualTo(400);
        assertThat(call("[]").status).isEqualTo(400);
        assertThat(names()).isEmpty();
    }

    @Test
    void nobodySpeaksForAnotherNode() {
        String update = "{\"custom:tier\":\"gold\"}";

        assertThat(call(calls, MachineKey.of(key(9)), NODE, update).status).isEqualTo(403);
        assertThat(call(calls, MACHINE, NodeKey.of(key(9)), update).status).isEqualTo(403);
        assertThat(call(new ClientAttributes(tailnet, attributes, false), MACHINE, NODE, update).status)
                .isEqualTo(403);
        assertThat(names()).isEmpty();
    }
}
