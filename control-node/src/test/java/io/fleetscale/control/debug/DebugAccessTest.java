package io.fleetscale.control.debug;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.ServerConfig;
import io.fleetscale.runtime.metrics.MonitoringRoute;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DebugAccessTest {
    private final DebugAccess access = new DebugAccess("198.51.100.7");

    private boolean permits(String peer, Map<String, String> headers) throws UnknownHostException {
        return access.permits(
                new MonitoringRoute.Request(HttpMethod.GET, "/debug/", Map.of(), headers, InetAddress.getByName(peer)));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, true",
        "::1, true",
        "100.64.3.4, true",
        "fd7a:115c:a1e0::9, true",
        "198.51.100.7, true",
        "198.51.100.8, false",
        "192.168.1.1, false",
        "fd00::1, false"
    })
    void thisMachineTheTailnetAndOneNamedAddressMayLook(String peer, boolean may) throws Exception {
        assertThat(permits(peer, Map.of())).isEqualTo(may);
    }

    @Test
    void nobodyLooksThroughAProxy() throws Exception {
        assertThat(permits("127.0.0.1", Map.of("x-forwarded-for", "127.0.0.1"))).isFalse();
    }

    @Test
    void theDumpOfTheConfigurationHasAllPartsAndNoSecret() {
        Map<String, Object> dump = ConfigDump.of(ServerConfig.defaults());
        assertThat(dump).containsKeys("listen", "database", "oidc", "policy");
        assertThat(ConfigDump.of(ServerConfig.defaults()).toString()).doesNotContain("Secret[");
    }
}
