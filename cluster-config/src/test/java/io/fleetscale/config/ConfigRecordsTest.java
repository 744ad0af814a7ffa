package io.fleetscale.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One test for each record: its defaults, and what it reads from a file that sets every key. */
class ConfigRecordsTest {
    @TempDir
    Path directory;

    private ServerConfig none = ServerConfig.defaults();
    private ServerConfig all = ServerConfig.defaults();

    @BeforeEach
    void read() {
        ConfigFixture fixture = new ConfigFixture(directory).with("HUSH_DIR", "/run/secrets");
        none = fixture.load("").config();
        all = fixture.load(AllKeys.YAML).config();
    }

    @Test
    void anEmptyFileGivesTheDefaultsAndTheHostAsInstance() {
        ServerConfig expected = ServerConfig.builder()
                .cluster(ClusterConfig.defaults().withInstance("test-host"))
                .build();

        assertThat(none).isEqualTo(expected);
        assertThat(all.toBuilder().build()).isEqualTo(all);
    }

    @Test
    void listen() {
        assertThat(none.listen())
                .isEqualTo(new ListenConfig(
                        "",
                        List.of(),
                        List.of(),
                        List.of(new ListenAddress("", 50443)),
                        false,
                        List.of(),
                        Path.of("/var/run/headscale/headscale.sock"),
                        0700));
        ListenConfig expected = new ListenConfig(
                "https://hs.test",
                List.of(new ListenAddress("192.0.2.1", 443), new ListenAddress("2001:db8::1", 443)),
                List.of(new ListenAddress("::1", 9090), new ListenAddress("127.0.0.1", 9090)),
                List.of(),
                true,
                List.of(IpPrefix.parse("192.0.2.0/24"), IpPrefix.parse("2001:db8::/64")),
                Path.of("/run/hs.sock"),
                0770);
        assertThat(all.listen()).isEqualTo(expected);
        assertThat(all.listen().toBuilder().build()).isEqualTo(expected);
    }

    @Test
    void keys() {
        assertThat(none.keys()).isEqualTo(new KeysConfig(null, null));
        assertThat(all.keys()).isEqualTo(new KeysConfig(directory.resolve("noise.key"), directory.resolve("kek")));
    }

    @Test
    void tlsAndAcme() {
        assertThat(none.tls())
                .isEqualTo(
                        new TlsConfig(null, null, new AcmeConfig("", "", "", AcmeConfig.ChallengeType.HTTP_01, null)));
        assertThat(all.tls())
                .isEqualTo(new TlsConfig(
                        directory.resolve("cert.pem"),
                        directory.resolve("key.pem"),
                        new AcmeConfig(
                                "https://acme.test/directory",
                                "a@hs.test",
                                "hs.test",
                                AcmeConfig.ChallengeType.TLS_ALPN_01,
                                new ListenAddress("", 80))));
    }

    @Test
    void database() {
        assertThat(none.database())
                .isEqualTo(new DatabaseConfig(
                        "", new PostgresConfig("", 5432, "", "", Secret.EMPTY, "disable", 10, Duration.ofHours(1))));
        PostgresConfig expected = new PostgresConfig(
                "/run/postgresql",
                5433,
                "fleet",
                "fleetuser",
                new Secret("0123"),
                "require",
                20,
                Duration.ofMinutes(1));
        assertThat(all.database()).isEqualTo(new DatabaseConfig("postgres", expected));
        assertThat(all.database().postgres().toBuilder().build()).isEqualTo(expected);
        assertThat(expected.isUnixSocket()).isTrue();
    }

    @Test
    void prefixes() {
        assertThat(none.prefixes()).isEqualTo(new PrefixConfig(null, null, PrefixConfig.Allocation.SEQUENTIAL));
        assertThat(all.prefixes())
                .isEqualTo(new PrefixConfig(
                        IpPrefix.parse("100.100.0.0/16"),
                        IpPrefix.parse("fd7a:115c:a1e0:1::/64"),
                        PrefixConfig.Allocation.RANDOM));
    }

    @Test
    void derpAndRelay() {
        assertThat(none.derp())
                .isEqualTo(new DerpConfig(
                        new RelayConfig(false, 0, "", "", true, null, null, true, "", ""),
                        List.of(),
                        List.of(),
                        false,
                        Duration.ofHours(3),
                        null));
        RelayConfig expected = new RelayConfig(
                true,
                999,
                "home",
                "Home",
                false,
                new ListenAddress("0.0.0.0", 3478),
                directory.resolve("derp.key"),
                false,
                "198.51.100.1",
                "none");
        assertThat(all.derp())
                .isEqualTo(new DerpConfig(
                        expected,
                        List.of(URI.create("https://derp.test/map.json")),
                        List.of(directory.resolve("derp.yaml")),
                        true,
                        Duration.ofMinutes(90),
                        directory.resolve("relay.token")));
        assertThat(expected.toBuilder().build()).isEqualTo(expected);
    }

    @Test
    void node() {
        assertThat(none.node())
                .isEqualTo(new NodeConfig(
                        Duration.ZERO, Duration.ofMinutes(2), Duration.ofSeconds(10), Duration.ofSeconds(5)));
        assertThat(all.node())
                .isEqualTo(new NodeConfig(
                        Duration.ofDays(90), Duration.ofMinutes(30), Duration.ofSeconds(20), Duration.ofMillis(1500)));
    }

    @Test
    void clientFeatures() {
        assertThat(none.clientFeatures()).isEqualTo(new ClientFeatureConfig(false, true, false));
        assertThat(all.clientFeatures()).isEqualTo(new ClientFeatureConfig(true, false, true));
    }

    @Test
    void policyAndLogAndApi() {
        assertThat(none.policy()).isEqualTo(new PolicyConfig(PolicyConfig.Mode.FILE, null));
        assertThat(all.policy())
                .isEqualTo(new PolicyConfig(PolicyConfig.Mode.DATABASE, directory.resolve("policy.hujson"), Set.of()));
        assertThat(none.log()).isEqualTo(new LogConfig(LogConfig.Level.INFO, LogConfig.Format.TEXT));
        assertThat(all.log()).isEqualTo(new LogConfig(LogConfig.Level.TRACE, LogConfig.Format.JSON));
        assertThat(none.api()).isEqualTo(new ApiConfig(ApiConfig.V1Errors.SUPERSET, List.of(), false, false));
        assertThat(all.api())
                .isEqualTo(new ApiConfig(
                        ApiConfig.V1Errors.HEADSCALE_0_29,
                        List.of("https://ui.tailnet.test", "http://localhost:3000"),
                        true,
                        true));
    }

    @Test
    void retention() {
        assertThat(none.retention()).isEqualTo(new RetentionConfig(Duration.ofHours(24), Duration.ofDays(90)));
        assertThat(all.retention()).isEqualTo(new RetentionConfig(Duration.ofHours(48), Duration.ofHours(1000)));
    }

    @Test
    void nodeCertificates() {
        assertThat(none.nodeCertificates()).isEqualTo(new NodeCertificateConfig("", "", "", null));
        assertThat(all.nodeCertificates())
                .isEqualTo(new NodeCertificateConfig(
                        "ns1.test:53", "tailnet.test", "fleetscale", directory.resolve("tsig.key")));
    }

    @Test
    void flowLogs() {
        assertThat(none.flowLogs()).isEqualTo(new FlowLogConfig(false, Duration.ofDays(30), 10_000_000));
        assertThat(all.flowLogs()).isEqualTo(new FlowLogConfig(true, Duration.ofDays(2), 500));
    }

    @Test
    void dns() {
        assertThat(none.dns())
                .isEqualTo(new DnsConfig(true, "", true, List.of(), Map.of(), List.of(), List.of(), null));
        DnsConfig expected = new DnsConfig(
                false,
                "tailnet.test",
                false,
                List.of("192.0.2.53", "https://dns.test/q"),
                Map.of("corp.test", List.of("192.0.2.54"), "lab.test", List.of("192.0.2.55", "192.0.2.56")),
                List.of("corp.test"),
                List.of(new DnsConfig.ExtraRecord("g.tailnet.test", "A", "100.64.0.3")),
                directory.resolve("records.json"));
        assertThat(all.dns()).isEqualTo(expected);
        assertThat(all.dns().toBuilder().build()).isEqualTo(expected);
    }

    @Test
    void oidc() {
        OidcConfig.Allowed everybody = new OidcConfig.Allowed(List.of(), List.of(), List.of());
        assertThat(none.oidc())
                .isEqualTo(new OidcConfig(
                        "",
                        true,
                        "",
                        Secret.EMPTY,
                        null,
                        List.of("openid", "profile", "email"),
                        Map.of(),
                        everybody,
                        true,
                        false,
                        OidcConfig.Pkce.OFF,
                        null,
                        "groups"));
        assertThat(all.oidc())
                .isEqualTo(new OidcConfig(
                        "https://id.test",
                        false,
                        "fleet",
                        new Secret("hush"),
                        Path.of("/run/secrets/secret"),
                        List.of("openid"),
                        Map.of("domain_hint", "corp.test"),
                        new OidcConfig.Allowed(List.of("corp.test"), List.of("a@corp.test"), List.of("staff")),
                        false,
                        true,
                        OidcConfig.Pkce.PLAIN,
                        directory.resolve("id-ca.pem"),
                        "https://id.test/groups"));
    }

    @Test
    void cliAndTuning() {
        assertThat(none.cli()).isEqualTo(new CliConfig(null, Secret.EMPTY, Duration.ofSeconds(5), false));
        assertThat(all.cli())
                .isEqualTo(new CliConfig(
                        new ListenAddress("hs.test", 50443), new Secret("hskey"), Duration.ofSeconds(10), true));
        assertThat(none.tuning()).isEqualTo(new TuningConfig(Duration.ofDays(7), 50_000));
        assertThat(all.tuning()).isEqualTo(new TuningConfig(Duration.ofMinutes(5), 10));
    }

    @Test
    void cluster() {
        assertThat(ClusterConfig.defaults())
                .isEqualTo(new ClusterConfig(
                        "fleetscale",
                        new ClusterConfig.Grid("127.0.0.1", 47500, 47100),
                        new ClusterConfig.Tls(null, null, null),
                        Duration.ofSeconds(25),
                        List.of()));
        assertThat(all.cluster())
                .isEqualTo(new ClusterConfig(
                        "control-1",
                        new ClusterConfig.Grid("192.0.2.10", 1000, 0),
                        new ClusterConfig.Tls(
                                directory.resolve("grid.pem"),
                                directory.resolve("grid.key"),
                                directory.resolve("ca.pem")),
                        Duration.ofMinutes(1),
                        List.of(IpAddress.parse("192.0.2.1"), IpAddress.parse("2001:db8::1"))));
    }
}
