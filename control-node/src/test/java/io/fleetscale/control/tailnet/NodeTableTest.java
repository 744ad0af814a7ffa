package io.fleetscale.control.tailnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NodeTableTest {
    private static Node node(long id, int key, String name) {
        byte[] bytes = new byte[Bytes32.LENGTH];
        bytes[0] = (byte) key;
        return Node.builder(
                        new NodeId(id),
                        MachineKey.of(new byte[Bytes32.LENGTH]),
                        NodeKey.of(bytes),
                        "stable" + id,
                        Instant.EPOCH)
                .givenName(name)
                .ipv4(IpAddress.parse("100.64.0." + key))
                .build();
    }

    @Test
    void indexesHoldWhatTheNodesSayAfterAnyChanges() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        NodeTable table = NodeTable.EMPTY;
        for (int round = 0; round < 500; round++) {
            int id = 1 + random.nextInt(8);
            // keys and names come from ranges of their own, so that nodes change them but never collide
            table = random.nextInt(3) == 0
                    ? table.minus(new NodeId(id))
                    : table.plus(node(id, 10 * id + random.nextInt(10), "Name-" + id + "-" + random.nextInt(3)));
            NodeTable fresh = NodeTable.EMPTY;
            for (Node node : table.byId().values()) {
                fresh = fresh.plus(node);
            }
            assertThat(table).as("seed %d, round %d", seed, round).isEqualTo(fresh);
        }
    }

    @Test
    void refusesASecondHolderOfANameInAnotherCase() {
        NodeTable table = NodeTable.EMPTY.plus(node(1, 1, "laptop"));
        assertThatThrownBy(() -> table.plus(node(2, 2, "Laptop")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("node 2: its name belongs to node 1");
    }
}
