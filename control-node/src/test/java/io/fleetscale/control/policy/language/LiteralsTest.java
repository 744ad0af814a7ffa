package io.fleetscale.control.policy.language;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LiteralsTest {
    @Test
    void ipSetsAddAndRemoveInTheirOrder() throws PolicyException {
        PolicyDocument document = PolicyReader.read("""
                {
                  "hosts": {"db": "192.0.2.7"},
                  "ipsets": {
                    "ipset:prod": ["add 192.0.2.0/24", "remove 192.0.2.33", "add ipset:other"],
                    "ipset:other": ["fd00::1", "fd00::2-fd00::3", "host:db"],
                    "ipset:net": ["autogroup:internet"],
                  },
                }
                """);
        assertThat(document.ipSets().get("ipset:prod"))
                .containsExactly("192.0.2.0-192.0.2.32", "192.0.2.34-192.0.2.255", "fd00::1-fd00::3");
        assertThat(document.ipSets().get("ipset:net")).hasSize(7).startsWith("0.0.0.0-9.255.255.255");
    }

    @Test
    void posturesCompareTypesThatFit() {
        Map<String, Object> device =
                Map.of("node:os", "linux", "node:osVersion", "6.10", "custom:score", 7.0, "custom:ok", true);
        assertThat(holds("node:os == 'linux'", device)).isTrue();
        assertThat(holds("node:os IN ['macos', 'linux']", device)).isTrue();
        assertThat(holds("node:os NOT IN ['macos']", device)).isTrue();
        assertThat(holds("node:osVersion >= '6.9'", device)).isTrue();
        assertThat(holds("custom:score > 6", device)).isTrue();
        assertThat(holds("custom:score == '7'", device)).isFalse();
        assertThat(holds("custom:ok", device)).isTrue();
        assertThat(holds("custom:none != 'x'", device)).isFalse();
        assertThat(holds("custom:none NOT SET", device)).isTrue();
        assertThat(holds("custom:ok IS SET", device)).isTrue();
    }

    @Test
    void versionsCompareRunByRun() {
        assertThat(PostureAssertion.compareVersions("1.86.2", "1.9.10")).isPositive();
        assertThat(PostureAssertion.compareVersions("12", "12.0")).isNegative();
        assertThat(PostureAssertion.compareVersions("10.0.19045", "10.0.19045")).isZero();
    }

    private static boolean holds(String assertion, Map<String, Object> device) {
        return new Posture("posture:x", List.of(PostureAssertion.parse(assertion))).holds(device);
    }
}
