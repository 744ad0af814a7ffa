package io.fleetscale.wire.ip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The cases of Go's netip tests: what parses, to what, and what does not. */
class IpTest {
    private static final long SEED = 4711;

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 0.0.0.0",
        "192.140.255.0, 192.140.255.0",
        "::, ::",
        "::1, ::1",
        "fd7a:115c:a1e0:ab12:4843:cd96:626b:430b, fd7a:115c:a1e0:ab12:4843:cd96:626b:430b",
        "fd7a:115c::626b:430b, fd7a:115c::626b:430b",
        "fd7a:115c:a1e0:ab12:4843:cd96::, fd7a:115c:a1e0:ab12:4843:cd96::",
        "FD9E:1A04:F01D::1, fd9e:1a04:f01d::1",
        "::ffff:192.168.140.255, ::ffff:192.168.140.255",
        "::ffff:c0a8:8cff, ::ffff:192.168.140.255",
        "1:2:0:0:5:0:0:0, 1:2:0:0:5::",
        "1:0:0:2:0:0:3:4, 1::2:0:0:3:4",
        "1:0:2:3:4:5:6:7, 1:0:2:3:4:5:6:7",
        "1:2:3:4:5:6:77.77.88.88, 1:2:3:4:5:6:4d4d:5858"
    })
    void parsesAndPrintsCanonically(String text, String canonical) {
        assertThat(IpAddress.parse(text)).hasToString(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bad",
                "1234",
                "1.2.3.4%eth0",
                ".1.2.3",
                "1.2.3.",
                "1..2.3",
                "1.2.3.4.5",
                "0300.0250.0214.0377",
                "1.2.3.256",
                "1.2.3.00",
                "fe801::1",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::",
                "fe80:tail::1",
                "::1::2",
                "1:",
                ":1",
                "::ffff:1.2.3",
                "1:2:3:4:5:6:7:1.2.3.4",
                "fe80::1%eth0",
                " 1.2.3.4",
                "1.2.3.4 ",
                "::1 ",
                "١.1.1.1",
                ":::1",
                "1::2::3",
                "fe80::1cc0:3e8c:119f:c2e1%"
            })
    void refusesWhatNetipRefuses(String text) {
        assertThatThrownBy(() -> IpAddress.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.2.3.4",
                "1.2.3.4/33",
                "::/129",
                "1.2.3.4/01",
                "1.2.3.4/+1",
                "1.2.3.4/-1",
                "1.2.3.4/",
                "x/1",
                "1.2.3.4/1a",
                "/1"
            })
    void refusesBadPrefixes(String text) {
        assertThatThrownBy(() -> IpPrefix.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void randomAddressesAgreeWithTheJdk() throws Exception {
        Random random = new Random(SEED);
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = new byte[i % 2 == 0 ? 4 : 16];
            random.nextBytes(bytes);
            for (int zero = random.nextInt(bytes.length); zero > 0; zero--) {
                bytes[random.nextInt(bytes.length)] = 0;
            }
            IpAddress address = IpAddress.of(bytes);
            String text = address.toString();
            assertThat(IpAddress.parse(text)).as("seed %s: %s", SEED, text).isEqualTo(address);
            assertThat(IpAddress.of(InetAddress.getByName(text)).unmap())
                    .as("seed %s: %s", SEED, text)
                    .isEqualTo(address.unmap());
            assertThat(address.toBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void prefixesMaskContainAndEndAsBitsSay() {
        Random random = new Random(SEED);
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = new byte[i % 2 == 0 ? 4 : 16];
            random.nextBytes(bytes);
            int bits = random.nextInt(bytes.length * 8 + 1);
            byte[] low = bytes.clone();
            byte[] high = bytes.clone();
            for (int bit = bits; bit < bytes.length * 8; bit++) {
                low[bit / 8] &= (byte) ~(0x80 >>> bit % 8);
                high[bit / 8] |= (byte) (0x80 >>> bit % 8);
            }
            IpPrefix prefix = new IpPrefix(IpAddress.of(bytes), bits);
            String what = "seed " + SEED + ": " + prefix;
            assertThat(prefix.masked().address()).as(what).isEqualTo(IpAddress.of(low));
            assertThat(prefix.last()).as(what).isEqualTo(IpAddress.of(high));
            assertThat(prefix.contains(IpAddress.of(high))).as(what).isTrue();
            if (bits > 0) {
                low[(bits - 1) / 8] ^= (byte) (0x80 >>> (bits - 1) % 8);
                assertThat(prefix.contains(IpAddress.of(low))).as(what).isFalse();
            }
            assertThat(IpPrefix.parse(prefix.toString())).isEqualTo(prefix);
        }
    }

    @Test
    void familiesNeverContainEachOther() {
        assertThat(IpPrefix.ALL_V6.contains(IpAddress.parse("1.2.3.4"))).isFalse();
        assertThat(IpPrefix.ALL_V4.contains(IpAddress.parse("::ffff:1.2.3.4"))).isFalse();
        assertThat(IpPrefix.parse("10.0.0.0/8").overlaps(IpPrefix.parse("10.1.0.0/16")))
                .isTrue();
        assertThat(IpPrefix.parse("10.0.0.0/8").overlaps(IpPrefix.parse("11.0.0.0/8")))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"1.2.3.4:80, 1.2.3.4:80", "[::1]:0, [::1]:0", "[fd7a::1]:65535, [fd7a::1]:65535"})
    void readsEndpoints(String text, String canonical) {
        assertThat(IpEndpoint.parse(text)).hasToString(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.2.3.4",
                "::1:80",
                "[1.2.3.4]:80",
                "1.2.3.4:65536",
                "1.2.3.4:",
                "1.2.3.4:-1",
                "host:80",
                "[::1]",
                ":80"
            })
    void refusesBadEndpoints(String text) {
        assertThatThrownBy(() -> IpEndpoint.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ordersByFamilyThenUnsigned() {
        assertThat(IpAddress.parse("255.0.0.0")).isLessThan(IpAddress.parse("::"));
        assertThat(IpAddress.parse("::1")).isLessThan(IpAddress.parse("ff00::"));
        assertThat(IpAddress.parse("255.255.255.255").next()).hasToString("0.0.0.0");
        assertThat(IpAddress.parse("::ffff:ffff:ffff:ffff").next()).hasToString("0:0:0:1::");
    }
}
