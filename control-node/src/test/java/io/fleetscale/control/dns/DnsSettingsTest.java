package io.fleetscale.control.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.DnsConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DnsSettingsTest {
    private static final NextDns.Client CLIENT = new NextDns.Client("my host", "linux", "100.64.0.1");

    private static DnsSettings settings(boolean override, List<String> nameservers) {
        return new DnsSettings(
                true,
                "tailnet.example",
                override,
                nameservers,
                new TreeMap<>(Map.of("corp.example", List.of("192.0.2.1"))),
                List.of("search.example"),
                List.of(new DnsSettings.ExtraRecord("grafana.tailnet.example", "A", "100.64.0.3")));
    }

    @Test
    void surviveTheirJson() {
        DnsSettings settings = settings(true, List.of("192.0.2.53"));

        assertThat(DnsSettings.fromJson(settings.toJson())).isEqualTo(settings);
    }

    @Test
    void globalNameserversOverrideOrFallBack() {
        DnsConfig overriding = settings(true, List.of("192.0.2.53")).configFor(CLIENT, CapabilityMap.EMPTY);
        DnsConfig falling = settings(false, List.of("192.0.2.53")).configFor(CLIENT, CapabilityMap.EMPTY);

        assertThat(overriding.resolvers()).containsExactly(new DnsConfig.Resolver("192.0.2.53"));
        assertThat(overriding.fallbackResolvers()).isEmpty();
        assertThat(falling.resolvers()).isEmpty();
        assertThat(falling.fallbackResolvers()).containsExactly(new DnsConfig.Resolver("192.0.2.53"));
        assertThat(falling.routes()).containsOnlyKeys("corp.example", "tailnet.example");
        assertThat(falling.domains()).containsExactly("tailnet.example", "search.example");
        assertThat(falling.proxied()).isTrue();
        assertThat(falling.extraRecords()).hasSize(1);
    }

    @Test
    void servicesHaveNamesBelowTheBaseDomain() {
        DnsSettings settings = settings(true, List.of("192.0.2.53"));
        VipService web = new VipService(
                "svc:web",
                "",
                List.of("100.99.0.1", "fd7a::1"),
                "",
                List.of(),
                List.of(),
                Map.of(),
                List.of(),
                List.of());

        List<DnsSettings.ExtraRecord> records = settings.recordsOf(List.of(web));
        assertThat(records)
                .containsExactly(
                        new DnsSettings.ExtraRecord("web.tailnet.example", "", "100.99.0.1"),
                        new DnsSettings.ExtraRecord("web.tailnet.example", "", "fd7a::1"));
        assertThat(settings.configFor(CLIENT, CapabilityMap.EMPTY, records).extraRecords())
                .hasSize(3);
        assertThat(DnsSettings.DEFAULT.recordsOf(List.of(web))).isEmpty();
    }

    @Test
    void nextDnsIsToldWhoAsks() {
        DnsSettings settings =
                settings(true, List.of("https://dns.nextdns.io/abc123", "https://dns.nextdns.io.evil.example/x"));

        assertThat(settings.isPerNode()).isTrue();
        assertThat(settings.configFor(CLIENT, CapabilityMap.EMPTY).resolvers())
                .containsExactly(
                        new DnsConfig.Resolver(
                                "https://dns.nextdns.io/abc123?device_ip=100.64.0.1&device_model=linux&device_name=my+host"),
                        new DnsConfig.Resolver("https://dns.nextdns.io.evil.example/x"));
        assertThat(settings.configFor(
                                CLIENT,
                                CapabilityMap.of(
                                        Map.of("nextdns:other", List.of(), "nextdns:no-device-info", List.of())))
                        .resolvers())
                .startsWith(new DnsConfig.Resolver("https://dns.nextdns.io/other"));
    }
}
