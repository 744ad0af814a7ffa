package io.fleetscale.relay.program;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.ConfigProblem;
import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.runtime.acme.AcmeSettings;
import io.fleetscale.wire.ip.IpPrefix;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsReaderTest {
    @TempDir
    Path directory;

    @Test
    void theCommandLineOutranksTheFile() throws IOException {
        Path file = Files.writeString(
                directory.resolve("relay.yaml"),
                "hostname: relay.example.com\nlisten: :8443\nhttp_listen: off\nverify_url: https://c.example.com/verify\n");
        RelaySettings settings = usable(SettingsReader.read(file, Map.of("listen", "127.0.0.1:9443")));
        assertThat(settings.hostname()).isEqualTo("relay.example.com");
        assertThat(settings.listen().port()).isEqualTo(9443);
        assertThat(settings.httpListen()).isNull();
        assertThat(settings.tls()).isEqualTo(RelaySettings.Tls.SELF_SIGNED);
        assertThat(settings.verifyUrl()).hasHost("c.example.com");
        assertThat(settings.verifyFailOpen()).isTrue();
    }

    @Test
    void allProblemsAtOnce() throws IOException {
        Path file = Files.writeString(
                directory.resolve("relay.yaml"),
                "listen: nonsense\ntls: maybe\nverify_url: ftp://x\nverify_fail_open: perhaps\nhostnam: a\nstun_listen: [1]\n");
        assertThat(problems(SettingsReader.read(file, Map.of())))
                .extracting(ConfigProblem::key)
                .containsExactlyInAnyOrder(
                        "listen", "tls", "verify_url", "verify_fail_open", "hostnam", "stun_listen", "hostname");
    }

    @Test
    void certificateFilesBelongToTheirMode() {
        assertThat(problems(SettingsReader.read(null, Map.of("hostname", "a", "tls", "files"))))
                .extracting(ConfigProblem::key)
                .containsExactly("tls");
        assertThat(problems(SettingsReader.read(null, Map.of("hostname", "a", "tls_cert", "/x.pem"))))
                .extracting(ConfigProblem::key)
                .containsExactly("tls_cert");
    }

    @Test
    void certificatesByAcme() {
        RelaySettings settings =
                usable(SettingsReader.read(null, Map.of("hostname", "relay1.example.com", "tls", "acme")));
        assertThat(settings.acme()).isEqualTo(new RelaySettings.Acme(AcmeSettings.DEFAULT_DIRECTORY, "", false));
        assertThat(problems(SettingsReader.read(
                        null,
                        Map.of("hostname", "192.0.2.1", "tls", "acme", "http_listen", "off", "acme_url", "http://x"))))
                .extracting(ConfigProblem::key)
                .containsExactly("hostname", "http_listen", "acme_url");
        assertThat(problems(
                        SettingsReader.read(null, Map.of("hostname", "a", "tls", "acme", "acme_challenge", "dns-01"))))
                .extracting(ConfigProblem::key)
                .containsExactly("acme_challenge");
        assertThat(problems(SettingsReader.read(null, Map.of("hostname", "a", "acme_email", "a@example.com"))))
                .extracting(ConfigProblem::key)
                .containsExactly("acme_email");
    }

    @Test
    void proxiesThatAreTrusted() {
        assertThat(usable(SettingsReader.read(
                                null, Map.of("hostname", "a", "trusted_proxies", "192.0.2.7/24, 2001:db8::/32,")))
                        .trustedProxies())
                .containsExactly(IpPrefix.parse("192.0.2.0/24"), IpPrefix.parse("2001:db8::/32"));
        assertThat(problems(SettingsReader.read(
                        null, Map.of("hostname", "a", "trusted_proxies", "192.0.2.7, 0.0.0.0/0, ::/0"))))
                .extracting(ConfigProblem::key)
                .containsExactly("trusted_proxies", "trusted_proxies", "trusted_proxies");
    }

    @Test
    void theRateOfANode() {
        assertThat(usable(SettingsReader.read(null, Map.of("hostname", "a"))).receiveRate())
                .isEqualTo(ReceiveRate.UNLIMITED);
        assertThat(usable(SettingsReader.read(null, Map.of("hostname", "a", "rate_limit", "200000")))
                        .receiveRate())
                .isEqualTo(new ReceiveRate(200_000, 200_000));
        assertThat(usable(SettingsReader.read(
                                null, Map.of("hostname", "a", "rate_limit", "1000", "rate_burst", "70000")))
                        .receiveRate())
                .isEqualTo(new ReceiveRate(1000, 70_000));
        assertThat(problems(
                        SettingsReader.read(null, Map.of("hostname", "a", "rate_limit", "1000", "rate_burst", "1500"))))
                .extracting(ConfigProblem::key)
                .containsExactly("rate_burst");
        assertThat(problems(SettingsReader.read(null, Map.of("hostname", "a", "rate_burst", "70000"))))
                .extracting(ConfigProblem::key)
                .containsExactly("rate_burst");
    }

    @Test
    void namesForNodesWithoutDns() {
        Map<String, String> member = Map.of(
                "hostname", "Relay.example.com",
                "control_url", "https://control.example.com,http://192.0.2.1:8080,http://[2001:db8::1]:8080",
                "control_token_file", "/t",
                "region_id", "900");
        assertThat(usable(SettingsReader.read(null, member)).bootstrapNames())
                .containsExactlyInAnyOrder("relay.example.com", "control.example.com");
        assertThat(usable(SettingsReader.read(null, Map.of("hostname", "192.0.2.7")))
                        .bootstrapNames())
                .isEmpty();
        assertThat(usable(SettingsReader.read(
                                null, Map.of("hostname", "a", "bootstrap_dns_names", "b.example, c.example")))
                        .bootstrapNames())
                .containsExactlyInAnyOrder("b.example", "c.example");
    }

    @Test
    void behindAProxyNothingListensOnPort80() {
        assertThat(usable(SettingsReader.read(null, Map.of("hostname", "a", "tls", "off")))
                        .httpListen())
                .isNull();
    }

    @Test
    void whatIsNoConfigurationIsNamed() throws IOException {
        assertThat(problems(SettingsReader.read(directory.resolve("none.yaml"), Map.of("hostname", "a"))))
                .singleElement()
                .asString()
                .contains("none.yaml")
                .contains("does not exist");
        Path broken = Files.writeString(directory.resolve("broken.yaml"), "a: [\n");
        assertThat(problems(SettingsReader.read(broken, Map.of("hostname", "a"))))
                .singleElement()
                .asString()
                .contains("is not YAML");
    }

    @Test
    void wrongUsageIsExitCodeTwo() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        DerpNode program = new DerpNode(
                new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        assertThat(program.run("swerve")).isEqualTo(2);
        assertThat(program.run("serve", "--hostname")).isEqualTo(2);
        assertThat(program.run("configtest", "--listen", ":1")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("swerve")
                .contains("--hostname needs a value")
                .contains("hostname");
        assertThat(program.run("configtest", "--hostname=relay.example.com")).isZero();
    }

    private static RelaySettings usable(SettingsReader.Outcome outcome) {
        assertThat(outcome).isInstanceOf(SettingsReader.Outcome.Usable.class);
        return ((SettingsReader.Outcome.Usable) outcome).settings();
    }

    private static List<ConfigProblem> problems(SettingsReader.Outcome outcome) {
        assertThat(outcome).isInstanceOf(SettingsReader.Outcome.Problems.class);
        return ((SettingsReader.Outcome.Problems) outcome).problems();
    }
}
