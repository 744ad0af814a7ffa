package io.fleetscale.control.flowlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.testing.TestTailnet;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlowLogIdsTest {
    private final FlowLogIds ids = new FlowLogIds(TestTailnet.MAC);

    @ParameterizedTest
    @ValueSource(longs = {1, 77, 1_000_000, (1L << 56) - 1})
    void anIdTellsItsNode(long number) {
        String id = ids.ofNode(new NodeId(number));

        assertThat(id).matches("[0-9a-f]{64}");
        assertThat(ids.node(id)).contains(new NodeId(number));
        assertThat(ids.isTailnet(id)).isFalse();
    }

    /** Source: tailscale types/logid/id.go, NewPrivateID. */
    @Test
    void idsAreClamped() {
        for (String id : new String[] {ids.ofNode(new NodeId(5)), ids.ofTailnet()}) {
            byte[] bytes = HexFormat.of().parseHex(id);
            assertThat(bytes[0] & 7).isZero();
            assertThat(bytes[31] & 0xc0).isEqualTo(0x40);
        }
    }

    @Test
    void aMadeUpIdIsNobodys() {
        String id = ids.ofNode(new NodeId(5));

        assertThat(ids.node(id.substring(0, 63) + (id.endsWith("0") ? "1" : "0")))
                .isEmpty();
        assertThat(ids.node("0000000000000006" + id.substring(16))).isEmpty();
        assertThat(ids.node(id + "00")).isEmpty();
        assertThat(ids.node("")).isEmpty();
        assertThat(ids.node("x".repeat(64))).isEmpty();
        assertThat(ids.node(ids.ofTailnet())).isEmpty();
        assertThat(ids.isTailnet(ids.ofTailnet())).isTrue();
    }
}
