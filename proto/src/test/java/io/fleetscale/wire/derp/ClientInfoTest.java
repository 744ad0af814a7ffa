package io.fleetscale.wire.derp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientInfoTest {
    private static final String MESH_KEY = DerpVectors.MESH_KEY;

    @Test
    void readsWhatNodesSend() {
        ClientInfo node = parse("{\"version\":2,\"CanAckPings\":true}");
        assertThat(node).isEqualTo(new ClientInfo(Optional.empty(), 2, true, false, ""));
        assertThat(node.toJson()).isEqualTo("{\"version\":2,\"CanAckPings\":true}");
        ClientInfo prober = parse("{\"version\":2,\"CanAckPings\":false,\"IsProber\":true}");
        assertThat(prober.isProber()).isTrue();
        assertThat(prober.toJson()).isEqualTo("{\"version\":2,\"CanAckPings\":false,\"IsProber\":true}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "null", " {} ", "{\"version\":99}", "{\"extra\":{\"a\":[1,{}]}}"})
    void acceptsOddities(String json) {
        assertThat(parse(json).meshKey()).isEmpty();
    }

    @Test
    void matchesNamesInAnyCase() {
        ClientInfo info = parse("{\"Version\":2,\"canackpings\":true,\"extra\":[1]}");
        assertThat(info.version()).isEqualTo(2);
        assertThat(info.canAckPings()).isTrue();
        assertThat(parse("{\"meshKey\":\"" + MESH_KEY.toUpperCase(Locale.ROOT) + "\"}")
                        .meshKey())
                .hasValueSatisfying(key -> assertThat(key.toHex()).isEqualTo(MESH_KEY));
        assertThat(parse("{\"meshKey\":\"" + "0".repeat(64) + "\"}").meshKey()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{\"version\":\"2\"}",
                "{\"version\":2.5}",
                "{\"CanAckPings\":1}",
                "{\"meshKey\":\"\"}",
                "{\"meshKey\":null}",
                "{\"meshKey\":\"a0\"}",
                "{}garbage",
                "{} {}"
            })
    void refusesTheRest(String json) {
        assertThatExceptionOfType(FrameException.class)
                .isThrownBy(() -> parse(json))
                .satisfies(e -> assertThat(e.fault()).isEqualTo(FrameFault.BAD_CLIENT_INFO));
    }

    @Test
    void refusesAMeshKeyThatIsNotHexadecimalWithoutEchoingIt() {
        String wrong = "x" + MESH_KEY.substring(1);
        assertThatExceptionOfType(FrameException.class)
                .isThrownBy(() -> parse("{\"meshKey\":\"" + wrong + "\"}"))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(MESH_KEY.substring(1)));
    }

    @Test
    void boundsItsDepth() {
        assertThatExceptionOfType(FrameException.class)
                .isThrownBy(() -> parse("{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}"));
    }

    private static ClientInfo parse(String json) {
        return ClientInfo.parse(json.getBytes(StandardCharsets.UTF_8));
    }
}
