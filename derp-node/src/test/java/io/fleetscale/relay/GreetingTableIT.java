package io.fleetscale.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.relay.admission.MeshKeys;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.relay.testing.TestRelay;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.FrameType;
import io.fleetscale.wire.key.NodeKey;
import java.io.EOFException;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a ClientInfo may look like, as the decoder of the upstream relay takes it: T15 of the conformance tests. Source: tailscale
 * derp/derpserver/derpserver.go, recvClientKey; encoding/json.
 */
class GreetingTableIT {
    private static final String MESH_KEY = "0123456789abcdef".repeat(4);
    private static final int LONGEST_FRAME = 256 * 1024;
    /** Key, nonce and tag. */
    private static final int AROUND_JSON = 32 + 24 + 16;

    private TestRelay relay;

    @BeforeEach
    void startRelay() {
        relay = TestRelay.plain(
                RelayConfig.withDefaults(BoxKeyPair.generate(new SecureRandom())), DerpRelayIT.EVERYBODY, 1);
        relay.relay().useMeshKeys(MeshKeys.parse(MESH_KEY));
    }

    @AfterEach
    void stopRelay() {
        relay.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "null",
                "{\"Version\":2,\"canackpings\":true,\"extra\":[1]}",
                "{\"version\":0}",
                "{\"version\":1}",
                "{\"version\":99}",
                "{\"version\":null,\"CanAckPings\":null,\"IsProber\":null,\"AppName\":null}",
                "{\"version\":2,\"CanAckPings\":false,\"IsProber\":true}",
                "{\"version\":2,\"AppName\":\"x\"}",
                " \n{ \"version\" : 2 }\t ",
                "{\"meshKey\":\"0000000000000000000000000000000000000000000000000000000000000000\"}",
                "{\"meshKey\":\"fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210\"}"
            })
    void admitsWithoutTheRightToMesh(String info) throws IOException {
        try (TestNode node = TestNode.plain(relay.address())) {
            assertThat(isAdmitted(node, info)).isTrue();
            assertThat(hasMeshRight(node)).isFalse();
        }
    }

    @Test
    void aMeshKeyIsReadInAnyCase() throws IOException {
        for (String key : new String[] {MESH_KEY, MESH_KEY.toUpperCase(Locale.ROOT)}) {
            try (TestNode node = TestNode.plain(relay.address())) {
                assertThat(isAdmitted(node, "{\"meshKey\":\"" + key + "\"}")).isTrue();
                assertThat(hasMeshRight(node)).isTrue();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "7",
                "{\"version\":\"2\"}",
                "{\"version\":2.5}",
                "{\"CanAckPings\":1}",
                "{\"meshKey\":\"\"}",
                "{\"meshKey\":null}",
                "{\"meshKey\":\"0123\"}",
                "{\"meshKey\":\"g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}",
                "{}x",
                "{}{}",
                "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"
            })
    void closesWithoutAWord(String info) throws IOException {
        try (TestNode node = TestNode.plain(relay.address())) {
            assertThat(isAdmitted(node, info)).isFalse();
        }
    }

    @Test
    void theLongestGreetingIsReadAndALongerOneEndsAtItsHeader() throws IOException {
        try (TestNode node = TestNode.plain(relay.address())) {
            assertThat(isAdmitted(node, "{}" + " ".repeat(LONGEST_FRAME - AROUND_JSON - 2)))
                    .isTrue();
        }
        try (TestNode node = TestNode.plain(relay.address())) {
            node.upgrade();
            node.serverKey();
            node.raw(HexFormat.of().parseHex("0200040001"));
            assertThat(node.isClosedByRelay()).isTrue();
        }
    }

    private static boolean isAdmitted(TestNode node, String info) throws IOException {
        node.upgrade();
        NodeKey relayKey = node.serverKey();
        node.frame(node.greeting(relayKey, info));
        try {
            assertThat(node.next().type()).isEqualTo(FrameType.SERVER_INFO);
            return true;
        } catch (EOFException e) {
            return false;
        }
    }

    private static boolean hasMeshRight(TestNode node) throws IOException {
        node.frame(buffer -> buffer.writeByte(FrameType.WATCH_CONNS).writeInt(0));
        return node.readByte() == FrameType.PEER_PRESENT;
    }
}
