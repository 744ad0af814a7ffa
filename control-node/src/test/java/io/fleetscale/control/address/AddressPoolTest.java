package io.fleetscale.control.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.address.AddressSettings.Allocation;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AddressPoolTest {
    private static final long SEED = 20260301;

    private final Random random = new Random(SEED);

    private static void take(TestTailnet tailnet, @Nullable IpAddress v4, @Nullable IpAddress v6) {
        long id = tailnet.image().counters().nextNode();
        byte[] key = new byte[32];
        key[0] = (byte) id;
        key[1] = (byte) (id >> 8);
        tailnet.apply(new Change.NodePut(
                Node.builder(new NodeId(id), MachineKey.of(key), NodeKey.of(key), "n" + id, tailnet.now())
                        .userId(new UserId(1))
                        .givenName("n" + id)
                        .ipv4(v4)
                        .ipv6(v6)
                        .build()));
    }

    private AddressPool pool(TestTailnet tailnet) {
        return new AddressPool(tailnet.image(), random);
    }

    @Test
    void startsAfterTheNetworkAddressInBothFamilies() {
        AddressPool pool = pool(TestTailnet.create());
        assertThat(pool.nextV4()).hasToString("100.64.0.1");
        assertThat(pool.nextV6()).hasToString("fd7a:115c:a1e0::1");
    }

    @Test
    void goesOnAfterTheHighestAndWrapsToTheLowestFree() {
        TestTailnet tailnet = TestTailnet.withPrefixes("100.64.0.0/28", "");
        take(tailnet, IpAddress.parse("100.64.0.1"), null);
        take(tailnet, IpAddress.parse("100.64.0.5"), null);
        assertThat(pool(tailnet).nextV4()).hasToString("100.64.0.6");
        take(tailnet, IpAddress.parse("100.64.0.14"), null);
        assertThat(pool(tailnet).nextV4()).hasToString("100.64.0.2");
        assertThat(pool(tailnet).nextV6()).isNull();
    }

    @Test
    void skipsReservedAddresses() {
        TestTailnet tailnet = TestTailnet.withPrefixes("100.64.0.0/10", "fd7a:115c:a1e0::/48");
        take(tailnet, IpAddress.parse("100.115.91.255"), IpAddress.parse("fd7a:115c:a1e0::52"));
        assertThat(pool(tailnet).nextV4()).hasToString("100.115.94.0");
        assertThat(pool(tailnet).nextV6()).hasToString("fd7a:115c:a1e0::54");
        TestTailnet other = TestTailnet.withPrefixes("100.100.100.96/29", "");
        take(other, IpAddress.parse("100.100.100.99"), null);
        assertThat(pool(other).nextV4()).hasToString("100.100.100.101");
    }

    @Test
    void randomAllocationGivesEveryUsableAddressExactlyOnce() {
        TestTailnet tailnet = TestTailnet.create();
        tailnet.set(
                Setting.PREFIXES,
                new AddressSettings(IpPrefix.parse("100.100.100.0/24"), null, Allocation.RANDOM).toJson());
        Set<IpAddress> given = new HashSet<>();
        for (int i = 0; i < 253; i++) {
            IpAddress address = pool(tailnet).nextV4();
            assertThat(address).isNotNull();
            assertThat(given.add(address)).as("seed %s, %s", SEED, address).isTrue();
            take(tailnet, address, null);
        }
        assertThat(given)
                .doesNotContain(
                        IpAddress.parse("100.100.100.0"),
                        IpAddress.parse("100.100.100.100"),
                        IpAddress.parse("100.100.100.255"));
        assertThatThrownBy(() -> pool(tailnet).nextV4())
                .hasMessageContaining("failed to allocate IP")
                .hasMessageContaining("100.100.100.0/24");
    }

    @Test
    void tinyPrefixesHaveNoUsableAddress() {
        for (String prefix : new String[] {"100.64.0.0/32", "100.64.0.0/31"}) {
            TestTailnet tailnet = TestTailnet.withPrefixes(prefix, "");
            assertThatThrownBy(() -> pool(tailnet).nextV4()).hasMessageContaining("failed to allocate IP");
        }
    }

    @Test
    void settingsSurviveTheirJsonAndMaskHostBits() {
        AddressSettings settings =
                new AddressSettings(IpPrefix.parse("100.64.10.0/12"), IpPrefix.parse("fd7a::/64"), Allocation.RANDOM);
        assertThat(AddressSettings.fromJson(settings.toJson())).isEqualTo(settings);
        assertThat(settings.v4()).hasToString("100.64.0.0/12");
        assertThat(AddressSettings.fromJson("{}")).isEqualTo(AddressSettings.NONE);
    }
}
