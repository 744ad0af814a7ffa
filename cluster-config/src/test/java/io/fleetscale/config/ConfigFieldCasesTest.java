package io.fleetscale.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configurations that operators had trouble with; the numbers are those of the project's list of field cases. */
@SuppressWarnings("NullAway.Init")
class ConfigFieldCasesTest {
    @TempDir
    Path directory;

    private ConfigFixture fixture;

    @BeforeEach
    void start() {
        fixture = new ConfigFixture(directory);
    }

    private static String withPrefixes(String lines) {
        return ConfigFixture.MINIMAL.replace("prefixes:\n  v4: 100.64.0.0/10\n", lines);
    }

    @ParameterizedTest
    @CsvSource({"v4: 100.64.0.0/10", "'v4: 100.64.0.0/10\n  v6: \"\"'"})
    void f032OneFamilyIsEnough(String lines) {
        LoadedConfig loaded = fixture.load(withPrefixes("prefixes:\n  " + lines + "\n"));
        assertThat(loaded.isUsable()).as(loaded.report()).isTrue();
        assertThat(loaded.config().prefixes().v6()).isNull();
        assertThat(loaded.config().prefixes().v4()).hasToString("100.64.0.0/10");
    }

    @Test
    void f032OnlyTheNewerFamily() {
        LoadedConfig loaded = fixture.load(withPrefixes("prefixes: {v6: \"fd7a:115c:a1e0::/64\"}\n"));
        assertThat(loaded.isUsable()).as(loaded.report()).isTrue();
        assertThat(loaded.config().prefixes().v4()).isNull();
    }

    @Test
    void f032HostBitsAreCutWithAWarning() {
        LoadedConfig loaded = fixture.load(withPrefixes("prefixes: {v4: 100.64.10.0/12}\n"));
        assertThat(loaded.isUsable()).isTrue();
        assertThat(loaded.report()).contains("warning: prefixes.v4", "100.64.10.0/12", "100.64.0.0/12");
        assertThat(loaded.config().prefixes().v4()).hasToString("100.64.0.0/12");
    }

    @Test
    void f032NoneIsRefusedAndTheFileNamed() {
        LoadedConfig loaded = fixture.load(withPrefixes(""));
        assertThat(loaded.isUsable()).isFalse();
        assertThat(loaded.report())
                .contains("no IPv4 or IPv6 prefix configured, minimum one prefix is required")
                .contains(directory.resolve("config.yaml").toString());
    }

    @Test
    void f032AnAddressIsNoPrefix() {
        LoadedConfig loaded = fixture.load(withPrefixes("prefixes: {v4: 100.64.0.0}\n"));
        assertThat(loaded.isUsable()).isFalse();
        assertThat(loaded.report()).contains("prefixes.v4 = \"100.64.0.0\"");
    }

    @Test
    void f032TheEnvironmentWins() {
        LoadedConfig loaded =
                fixture.with("HEADSCALE_PREFIXES_V4", "100.80.0.0/16").load(ConfigFixture.MINIMAL);
        assertThat(loaded.config().prefixes().v4()).hasToString("100.80.0.0/16");
        assertThat(loaded.fromEnvironment()).containsExactly("prefixes.v4 from HEADSCALE_PREFIXES_V4");
    }

    @Test
    void f040CompanyNamesGoToTheCompanyResolver() {
        LoadedConfig loaded = fixture.load(ConfigFixture.MINIMAL.replace("""
                  nameservers:
                    global: [192.0.2.53]
                """, """
                  override_local_dns: false
                  search_domains: [corp.example.net]
                  nameservers:
                    global: []
                    split:
                      "Corp.Example.NET.": ["10.1.0.2"]
                      lab.example.net: ["https://dns.example.net/dns-query"]
                """));
        assertThat(loaded.isUsable()).as(loaded.report()).isTrue();
        DnsConfig dns = loaded.config().dns();
        assertThat(dns.globalNameservers()).isEmpty();
        assertThat(dns.splitNameservers())
                .containsEntry("corp.example.net", List.of("10.1.0.2"))
                .containsEntry("lab.example.net", List.of("https://dns.example.net/dns-query"));
        assertThat(dns.searchDomains()).containsExactly("corp.example.net");
    }

    @Test
    void f040AResolverThatIsNeitherAddressNorUrlIsNamed() {
        LoadedConfig loaded =
                fixture.load(ConfigFixture.MINIMAL.replace("global: [192.0.2.53]", "global: [192.0.2.53, resolver]"));
        assertThat(loaded.report()).contains("dns.nameservers.global", "\"resolver\"");
    }

    @ParameterizedTest
    @CsvSource({
        "https://hs.example.com, hs.example.com, cannot use the same domain as base_domain",
        "https://hs.example.com:8443, example.com, cannot be part of base_domain",
        "https://HS.Example.com, hs.example.com., cannot use the same domain as base_domain",
        "https://example.com, tn.example.com, ''",
        "https://homer.example.com, h, ''",
        "https://hs.example.com, ample.com, ''",
        "https://hs.example.com, example.net, ''",
    })
    void f041TheServersNameAndTheBaseDomain(String serverUrl, String baseDomain, String refusal) {
        LoadedConfig loaded = fixture.load(ConfigFixture.MINIMAL
                .replace("http://hs.test:8080", serverUrl)
                .replace("base_domain: tailnet.test", "base_domain: " + baseDomain));
        assertThat(loaded.isUsable()).as(loaded.report()).isEqualTo(refusal.isEmpty());
        if (!refusal.isEmpty()) {
            assertThat(loaded.report()).contains(refusal);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.10, 192.0.2.10/32",
        "2001:db8::10, 2001:db8::10/128",
        "0.0.0.0/0, write the prefixes of your proxies"
    })
    void f046AProxyIsNamedByAPrefixThatIsNotEverybody(String proxy, String remedy) {
        LoadedConfig loaded = fixture.load(ConfigFixture.MINIMAL + "trusted_proxies: [\"" + proxy + "\"]\n");
        assertThat(loaded.isUsable()).isFalse();
        assertThat(loaded.report()).contains(proxy, remedy);
    }

    @Test
    void theFileOfSqliteIsNeitherReadNorSilentlyIgnored() {
        LoadedConfig loaded = fixture.load(ConfigFixture.MINIMAL.replace(
                "type: postgres", "type: sqlite\n  sqlite: {path: /var/lib/headscale/db.sqlite}"));
        assertThat(loaded.isUsable()).isFalse();
        assertThat(loaded.report())
                .contains("SQLite is not offered", "set database.type: postgres")
                .contains("database.sqlite.path", "has no effect");
    }
}
