package io.fleetscale.control.policy.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.wire.ip.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AddressSetTest {
    private static AddressSet set(String... ranges) {
        return AddressSet.of(List.of(ranges).stream().map(AddressRange::parse).toList());
    }

    @Test
    void joinsWhatTouchesAndKeepsFamiliesApart() {
        assertThat(set("10.0.0.4-10.0.0.7", "10.0.0.0/30", "::", "255.255.255.255")
                        .ranges()
                        .toString())
                .isEqualTo("[10.0.0.0/29, 255.255.255.255, ::]");
        assertThat(set("0.0.0.0/0", "10.0.0.0/8", "::/0")).isEqualTo(AddressSet.ALL);
    }

    @Test
    void cutsHoles() {
        assertThat(set("10.0.0.0/24")
                        .minus(set("10.0.0.1", "10.0.0.255", "11.0.0.0/8"))
                        .ranges()
                        .toString())
                .isEqualTo("[10.0.0.0, 10.0.0.2-10.0.0.254]");
        assertThat(AddressSet.ALL.minus(AddressSet.ALL)).isEqualTo(AddressSet.EMPTY);
    }

    @Test
    void refusesMixedFamiliesAndReversedEnds() {
        assertThatThrownBy(() -> AddressRange.parse("10.0.0.1-::1")).hasMessageContaining("different families");
        assertThatThrownBy(() -> AddressRange.parse("10.0.0.2-10.0.0.1")).hasMessageContaining("above the last");
    }

    @Test
    void agreesWithPlainMembership() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int run = 0; run < 500; run++) {
            AddressSet one = random(random);
            AddressSet other = random(random);
            for (int i = 0; i < 64; i++) {
                IpAddress address = IpAddress.v4(i);
                boolean in = one.contains(address);
                boolean inOther = other.contains(address);
                assertThat(one.plus(other).contains(address))
                        .as("seed %d", seed)
                        .isEqualTo(in || inOther);
                assertThat(one.minus(other).contains(address))
                        .as("seed %d", seed)
                        .isEqualTo(in && !inOther);
                assertThat(one.intersect(other).contains(address))
                        .as("seed %d", seed)
                        .isEqualTo(in && inOther);
            }
            assertThat(one.overlaps(other))
                    .as("seed %d", seed)
                    .isEqualTo(!one.intersect(other).isEmpty());
            assertThat(one.plus(other).containsAll(one)).as("seed %d", seed).isTrue();
        }
    }

    private static AddressSet random(Random random) {
        List<AddressRange> ranges = new ArrayList<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            int first = random.nextInt(64);
            ranges.add(new AddressRange(IpAddress.v4(first), IpAddress.v4(first + random.nextInt(8))));
        }
        return AddressSet.of(ranges);
    }
}
