package io.fleetscale.wire.derp;

import static io.fleetscale.wire.derp.DerpVectors.DESTINATION;
import static io.fleetscale.wire.derp.DerpVectors.DESTINATION_PUBLIC;
import static io.fleetscale.wire.derp.DerpVectors.MESH_KEY;
import static io.fleetscale.wire.derp.DerpVectors.NODE;
import static io.fleetscale.wire.derp.DerpVectors.NODE_PUBLIC;
import static io.fleetscale.wire.derp.DerpVectors.RELAY;
import static io.fleetscale.wire.derp.DerpVectors.RELAY_PUBLIC;
import static io.fleetscale.wire.derp.DerpVectors.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.wire.key.NodeKey;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BoxKeyTest {
    private static final byte[] INFO = "{\"version\":2,\"CanAckPings\":true}".getBytes(StandardCharsets.US_ASCII);

    private final BoxKey box = NODE.boxWith(RELAY.publicKey()).orElseThrow();

    @Test
    void derivesPublicKeys() {
        assertThat(RELAY.publicKey().raw().toHex()).isEqualTo(RELAY_PUBLIC);
        assertThat(NODE.publicKey().raw().toHex()).isEqualTo(NODE_PUBLIC);
        assertThat(DESTINATION.publicKey().raw().toHex()).isEqualTo(DESTINATION_PUBLIC);
    }

    @Test
    void agreesAndDerivesTheBoxKey() {
        assertThat(NODE.agree(RELAY.publicKey()))
                .isEqualTo(hex("c639664aff13ee2696db677b30b74d56103f38953ef4b5c50b87e2ac31b37367"));
        assertThat(box.raw()).isEqualTo(hex("ea59c8b4c39ca3a84465f8cf525ba9710b09e0202c9ba6ca87f3c2115ffcdfd1"));
        assertThat(RELAY.boxWith(NODE.publicKey()).orElseThrow().raw()).isEqualTo(box.raw());
    }

    @Test
    void sealsNonceThenTagThenCiphertext() {
        byte[] nonce = hex("000102030405060708090a0b0c0d0e0f1011121314151617");
        assertThat(box.seal(INFO, nonce))
                .isEqualTo(hex(
                        "000102030405060708090a0b0c0d0e0f1011121314151617",
                        "5242a22ccc844a98af5e60c3720086b8",
                        "8ded30ceab266dfdfcbf3bb0e5eef1819588d5bb9962a2031c1b5dc1b0654de1"));
    }

    @Test
    void sealsServerInfo() {
        byte[] nonce = hex("18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f");
        assertThat(box.seal(ServerInfo.UNLIMITED.toJson(), nonce))
                .isEqualTo(hex("18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
                        + "eb06132e53f61661677c9ac3704a1fe4c88ceb864e338d91e18a82a0b2"));
        byte[] bucketNonce = hex("606162636465666768696a6b6c6d6e6f7071727374757677");
        assertThat(box.seal(new ServerInfo(2, 1_250_000, 2_500_000).toJson(), bucketNonce))
                .isEqualTo(
                        hex(
                                "606162636465666768696a6b6c6d6e6f7071727374757677eace93e4701196444325489e334579f73f3e1705d2ad8965ef20ece339d24a8debe39c",
                                "9ede8bc524f2c39167338a139f5327656cb537c885a5d1a4c5ad08f832618a8cc2262a9f7d3a0635619273f2452bb9d8b8545620946933b5fa8c2a7e2725"));
    }

    @Test
    void opensAMeshGreeting() {
        byte[] sealed = hex(
                "404142434445464748494a4b4c4d4e4f5051525354555657fd9fc5",
                "6e9ec1ca95612ebfef956e76fc5ec911622000b1b56903cabadf1b8d2efc39df88b19c73d0271bf0ce1a689ad9057d0df6d38871a3d27e6b65ce963c6fa399bb",
                "0a4ce93d68192087168bf90d3d8f3c7a6221b581d023fe78736b48440b3b47d1b5d7c3779a3ad3a2f6b359b3df8e69803d14b42b56ac1b6fdebae4");
        BoxKey relayBox = RELAY.boxWith(NODE.publicKey()).orElseThrow();
        ClientInfo info = ClientInfo.parse(relayBox.open(sealed).orElseThrow());
        assertThat(info.meshKey().orElseThrow().toHex()).isEqualTo(MESH_KEY);
        assertThat(info.version()).isEqualTo(2);
        assertThat(info.canAckPings()).isFalse();
        assertThat(info.toJson()).isEqualTo("{\"meshKey\":\"" + MESH_KEY + "\",\"version\":2,\"CanAckPings\":false}");
    }

    @Test
    void opensNothingThatWasChanged() {
        byte[] sealed = box.seal(INFO, new SecureRandom());
        assertThat(box.open(sealed)).hasValue(INFO);
        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThat(box.open(changed)).as("byte %d", i).isEmpty();
        }
        assertThat(box.open(Arrays.copyOf(sealed, 39))).isEmpty();
        assertThat(box.open(new byte[0])).isEmpty();
    }

    @Test
    void refusesKeysWhoseSecretEverybodyKnows() {
        byte[] lowOrder = new byte[32];
        lowOrder[0] = 1;
        assertThat(RELAY.boxWith(NodeKey.of(lowOrder))).isEmpty();
        assertThat(RELAY.boxWith(NodeKey.ZERO)).isEmpty();
    }

    @Test
    void printsNoSecret() {
        assertThat(box).hasToString("boxkey:redacted");
        assertThat(NODE).hasToString("privkey:redacted");
    }
}
