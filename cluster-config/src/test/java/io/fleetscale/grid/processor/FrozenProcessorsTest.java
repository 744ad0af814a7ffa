package io.fleetscale.grid.processor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Instances of other releases rely on all of this. When a line here has to change, a new class with a new name is needed. */
class FrozenProcessorsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    PutIfNewer    | value byte[]
                    RemoveIfOlder | high long, low long, tombstonesOnly boolean
                    RaiseEpoch    | floor long, payload byte[]
                    UpdateEpoch   | epoch long, payload byte[]
                    RemoveEpoch   | epoch long
                    RestoreEpoch  | value byte[]
                    OverlayFields | epoch long, overlay byte[]
                    RestoreFields | value byte[]
                    """)
    void namesAndFieldsStay(String name, String fields) throws ClassNotFoundException {
        Class<?> processor = Class.forName("io.fleetscale.grid.processor." + name);
        List<String> declared = Arrays.stream(processor.getDeclaredFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()))
                .map(FrozenProcessorsTest::describe)
                .toList();
        assertThat(String.join(", ", declared)).isEqualTo(fields);
    }

    @Test
    void layoutsStay() {
        ByteString payload = ByteString.copyFromUtf8("ab");
        assertHex(
                VersionedLayout.encode(true, 1, 2, ByteString.EMPTY),
                "01" // format
                        + "01" // tombstone
                        + "0000000000000001" // high
                        + "0000000000000002"); // low
        assertHex(
                EpochLayout.encode(0x0102030405060708L, payload.toByteArray()),
                "02" // format
                        + "00" // flags
                        + "0102030405060708" // epoch
                        + "6162"); // payload
        assertHex(
                CountedLayout.encode(3, 4, new TreeMap<>(Map.of(7, payload, 300, payload))),
                "03" // format
                        + "00" // flags
                        + "0000000000000003" // epoch
                        + "0000000000000004" // counter
                        + "00000007" + "00000002" + "6162" // number, length, bytes
                        + "0000012c" + "00000002" + "6162");
    }

    @Test
    void overlayKeepsReplacesDropsAndAdds() {
        byte[] stored = CountedLayout.encode(1, 1, new TreeMap<>(Map.of(2, bytes("b"), 4, bytes("d"), 6, bytes("f"))));
        TreeMap<Integer, ByteString> changes =
                new TreeMap<>(Map.of(1, bytes("A"), 4, bytes("D"), 6, ByteString.EMPTY, 9, bytes("I")));
        byte[] merged = CountedLayout.overlaid(stored, CountedLayout.encodeOverlay(changes), 2, 5);
        assertThat(CountedLayout.fields(merged))
                .isEqualTo(Map.of(1, bytes("A"), 2, bytes("b"), 4, bytes("D"), 9, bytes("I")));
        assertThat(CountedLayout.epoch(merged)).isEqualTo(2);
        assertThat(CountedLayout.counter(merged)).isEqualTo(5);
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    private static String describe(Field field) {
        return field.getName() + " " + field.getType().getSimpleName();
    }

    private static void assertHex(byte[] value, String expected) {
        assertThat(HexFormat.of().formatHex(value)).isEqualTo(expected);
    }
}
