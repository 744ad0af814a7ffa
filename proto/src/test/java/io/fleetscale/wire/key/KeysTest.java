package io.fleetscale.wire.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class KeysTest {
    private static final String HEX = "493e82fc74464a59268817623d2053c5eb8e2cc4a988b4fee179ec6b010d531d";

    @Test
    void eachKindHasItsPrefixAndTakesNoOther() {
        check("mkey:", MachineKey::fromText);
        check("nodekey:", NodeKey::fromText);
        check("discokey:", DiscoKey::fromText);
        check("nlpub:", LockKey::fromText);
        check("chalpub:", ChallengeKey::fromText);
    }

    private static void check(String prefix, Function<String, Object> fromText) {
        assertThat(fromText.apply(prefix + HEX)).hasToString(prefix + HEX);
        for (String bad : new String[] {
            "",
            HEX,
            prefix,
            prefix + HEX + "0",
            prefix + HEX.substring(1),
            prefix + "z" + HEX.substring(1),
            "privkey:" + HEX
        }) {
            assertThatThrownBy(() -> fromText.apply(bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining(HEX);
        }
    }

    @Test
    void shortFormIsTheOneOfClientsLogs() {
        assertThat(NodeKey.fromText("nodekey:" + HEX).toShortText()).isEqualTo("[ST6C/]");
    }

    @Test
    void bytesAreComparedByValueAndUnsigned() {
        long seed = 12;
        Random random = new Random(seed);
        for (int i = 0; i < 1_000; i++) {
            byte[] bytes = new byte[32];
            random.nextBytes(bytes);
            Bytes32 one = Bytes32.of(bytes);
            assertThat(one)
                    .as("seed %s", seed)
                    .isEqualTo(Bytes32.of(bytes.clone()))
                    .hasSameHashCodeAs(Bytes32.of(bytes));
            assertThat(one.toArray()).isEqualTo(bytes);
            bytes[random.nextInt(32)] ^= (byte) (1 << random.nextInt(8));
            assertThat(one.equalsConstantTime(Bytes32.of(bytes))).isFalse();
            assertThat(one.equals(Bytes32.of(bytes))).isFalse();
        }
        assertThat(Bytes32.ZERO.isZero()).isTrue();
    }
}
