package io.fleetscale.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigLoaderTest {
    private static final List<String> PIECES = List.of(
            "",
            ":",
            ": ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            "\"",
            "'",
            "\n",
            "\n  ",
            "&a",
            "*a",
            "!!int ",
            "#",
            "|",
            ">",
            "\t",
            "\0",
            "~",
            "9".repeat(400),
            "\u00e9",
            "---\n",
            "? ",
            "<<: ",
            "%",
            "@");

    @TempDir
    Path directory;

    private ConfigFixture fixture;

    ConfigLoaderTest() {
        fixture = new ConfigFixture(Path.of(""));
    }

    @BeforeEach
    void useDirectory() {
        fixture = new ConfigFixture(directory);
    }

    @Test
    void acceptsTheMinimalFileWithoutAnyProblem() {
        LoadedConfig loaded = fixture.load(ConfigFixture.MINIMAL);

        assertThat(loaded.problems()).isEmpty();
        assertThat(loaded.isUsable()).isTrue();
        assertThat(loaded.file()).isEqualTo(directory.resolve("config.yaml"));
        assertThat(loaded.config().listen().serverHost()).isEqualTo("hs.test");
    }

    @Test
    void environmentGoesBeforeFileAndFileBeforeDefault() {
        String yaml = "derp:\n  update_frequency: 1h\n  auto_update_enabled: true\n";

        assertThat(fixture.read("", ServerConfig::derp).updateFrequency()).isEqualTo(Duration.ofHours(3));
        assertThat(fixture.read(yaml, ServerConfig::derp).updateFrequency()).isEqualTo(Duration.ofHours(1));
        fixture.with("HEADSCALE_DERP_UPDATE_FREQUENCY", "90m").with("HEADSCALE_DERP_AUTO_UPDATE_ENABLED", "");
        DerpConfig derp = fixture.read(yaml, ServerConfig::derp);
        assertThat(derp.updateFrequency()).isEqualTo(Duration.ofMinutes(90));
        assertThat(derp.autoUpdate()).as("an empty variable counts as not set").isTrue();
    }

    @Test
    void ourOwnKeysHaveVariablesOfTheirOwnPrefix() {
        fixture.with("FLEETSCALE_CLUSTER_DRAIN_TIMEOUT", "7s");

        assertThat(fixture.read("", ServerConfig::cluster).drainTimeout()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void listsFromTheEnvironmentAreSplitAtWhiteSpace() {
        fixture.with("HEADSCALE_DNS_SEARCH_DOMAINS", "a.test  b.test\tc.test");

        assertThat(fixture.read("", ServerConfig::dns).searchDomains()).containsExactly("a.test", "b.test", "c.test");
    }

    @Test
    void mapsCannotComeFromTheEnvironment() {
        fixture.with("HEADSCALE_DNS_NAMESERVERS_SPLIT", "a.test=192.0.2.1");

        assertThat(ConfigFixture.lines(fixture.load(ConfigFixture.MINIMAL)))
                .containsExactly(
                        "error: HEADSCALE_DNS_NAMESERVERS_SPLIT: dns.nameservers.split is a map, which a variable"
                                + " cannot hold; write it in the file");
    }

    @Test
    void unknownVariablesAreNamedButNotThoseOfLaunchersAndKubernetes() {
        fixture.with("HEADSCALE_LISTEN_ADR", "x")
                .with("HEADSCALE_SERVICE_HOST", "192.0.2.1")
                .with("HEADSCALE_PORT_8080_TCP_ADDR", "192.0.2.1")
                .with("HEADSCALE_DEBUG_DUMP_CONFIG", "1")
                .with("FLEETSCALE_JAVA_OPTS", "-Xmx1g")
                .strict();

        assertThat(ConfigFixture.lines(fixture.load(ConfigFixture.MINIMAL)))
                .containsExactly("warning: HEADSCALE_LISTEN_ADR: an environment variable that belongs to no key;"
                        + " did you mean HEADSCALE_LISTEN_ADDR?");
    }

    @Test
    void keysDoNotCareAboutCase() {
        String yaml =
                "DERP:\n  Server:\n    Region_ID: 7\ndns:\n  nameservers:\n    split:\n      Corp.Example: [192.0.2.1]\n";

        ServerConfig config = fixture.load(yaml).config();

        assertThat(config.derp().relay().regionId()).isEqualTo(7);
        assertThat(config.dns().splitNameservers()).containsExactly(Map.entry("corp.example", List.of("192.0.2.1")));
    }

    @Test
    void theSameKeyInTwoCasesIsRefused() {
        LoadedConfig loaded = fixture.load("listen_addr: a:1\nListen_Addr: b:2\n");

        assertThat(loaded.errors().getFirst().problem()).contains("line 2: the key listen_addr stands twice");
    }

    @Test
    void relativePathsStartAtTheFile() {
        Path file = fixture.write("sub.yaml", "tls_cert_path: ../certs/a.pem\nnoise: {private_key_path: /abs/key}\n");

        ServerConfig config = fixture.loader().load(file).config();

        assertThat(config.tls().certPath()).isEqualTo(directory.resolveSibling("certs/a.pem"));
        assertThat(config.keys().noisePrivateKeyPath()).isEqualTo(Path.of("/abs/key"));
    }

    @Test
    void anUnknownKeyIsAWarningWithTheNearestNameAndAnErrorInConfigtest() {
        String yaml = "derp_map: x\nlog:\n  levle: hunter2\n";

        LoadedConfig lenient = fixture.loadMinimalAnd(yaml);
        LoadedConfig strict = fixture.strict().loadMinimalAnd(yaml);

        assertThat(lenient.isUsable()).isTrue();
        assertThat(ConfigFixture.lines(lenient))
                .contains("warning: log.levle: unknown key (line 18); did you mean log.level?");
        assertThat(strict.errors()).hasSize(2);
        assertThat(strict.report()).doesNotContain("hunter2");
    }

    @Test
    void reportsAllProblemsAtOnceWithKeyValueAndRemedy() {
        LoadedConfig loaded = fixture.load("""
                server_url: hs.test
                listen_addr: nowhere
                trusted_proxies: [192.0.2.1, 0.0.0.0/0]
                database: {type: sqlite}
                derp: {update_frequency: soon, server: {enabled: yes}}
                node: {ephemeral: {inactivity_timeout: 60s}}
                dns: {magic_dns: true}
                randomize_client_port: true
                """);

        assertThat(loaded.isUsable()).isFalse();
        assertThat(loaded.errors().stream().map(ConfigProblem::key))
                .contains(
                        "server_url",
                        "listen_addr",
                        "trusted_proxies[0]",
                        "trusted_proxies",
                        "database.type",
                        "derp.update_frequency",
                        "derp.server.enabled",
                        "node.ephemeral.inactivity_timeout",
                        "dns.base_domain",
                        "dns.nameservers.global",
                        "noise.private_key_path",
                        "prefixes",
                        "randomize_client_port");
        assertThat(loaded.report())
                .contains("error: server_url = \"hs.test\": must start with https:// or http:// (line 1);"
                        + " put the scheme in front\n")
                .contains("error: derp.update_frequency = \"soon\": not a duration (line 5); write a duration, such as")
                .contains("set database.type: postgres");
        assertThat(loaded.report().lines()).hasSize(loaded.problems().size() + 1);
    }

    @Test
    void secretsNeverShow() {
        fixture.with("HEADSCALE_CLI_API_KEY", "hunter2-cli");
        LoadedConfig loaded = fixture.load("""
                database:
                  type: postgres
                  postgres: {pass: [hunter2-list], user: u}
                oidc: {client_secret: hunter2-oidc, client_secret_path: x, issuer: https://id.test}
                db_pass: hunter2-old
                databsae: {postgres: {pass: hunter2-typo}}
                """);

        assertThat(loaded.report()).doesNotContain("hunter2");
        assertThat(loaded.config().toString()).doesNotContain("hunter2").contains("(redacted)");
        assertThat(loaded.toString()).doesNotContain("hunter2");
        assertThat(new ConfigProblem("cli.api_key", "hunter2", "p", "r", ConfigProblem.Severity.ERROR).toString())
                .doesNotContain("hunter2");
        assertThat(loaded.config().cli().apiKey().value()).isEqualTo("hunter2-cli");
    }

    @Test
    void aBrokenFileIsNamedByLineWithoutItsText() {
        LoadedConfig loaded = fixture.load("a: b\n  pass: hunter2: x\n");

        assertThat(loaded.errors().getFirst().toString())
                .startsWith("error: config = \"" + directory.resolve("config.yaml") + "\": line 2: ")
                .doesNotContain("hunter2");
        assertThat(fixture.load("pass: hunter2\npass: hunter2\n").report())
                .contains("stands twice")
                .doesNotContain("hunter2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "- a\\n- b                      | is not a map of keys",
                "a: &x 1\\nb: *x                | an alias (*name) is not read",
                "log: {level: info}\\n---\\na: 1 | holds a second document",
                "log: info                      | is a section, not a value",
                "log: {level: {a: b}}           | neither a list nor a map fits here",
            })
    void refusesOtherShapes(String yaml, String problem) {
        assertThat(fixture.load(yaml.replace("\\n", "\n")).report()).contains(problem);
    }

    @Test
    void readsJsonByExtensionAndRefusesToml() {
        Path json = fixture.write(
                "config.json", "{\"log\": {\"level\": \"warn\"}, \"derp\": {\"server\": {\"region_id\": 5}}}");
        Path toml = fixture.write("config.toml", "[log]\nlevel = \"warn\"\n");

        ServerConfig config = fixture.loader().load(json).config();

        assertThat(config.log().level()).isEqualTo(LogConfig.Level.WARN);
        assertThat(config.derp().relay().regionId()).isEqualTo(5);
        assertThat(fixture.loader().load(toml).report()).contains("TOML is not read; write the file as YAML or JSON");
    }

    @Test
    void noFileMakesTheLoaderThrow() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 400; round++) {
            StringBuilder text = new StringBuilder(AllKeys.YAML);
            for (int change = random.nextInt(4); change >= 0; change--) {
                int at = random.nextInt(text.length());
                String piece = PIECES.get(random.nextInt(PIECES.size()));
                text.replace(at, Math.min(text.length(), at + random.nextInt(5)), piece);
            }
            assertThatCode(() -> fixture.load(text.toString()).report())
                    .as("seed %d round %d", seed, round)
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void deepNestingIsRefused() {
        assertThat(fixture.load("a: " + "[".repeat(100_000)).isUsable()).isFalse();
        Path json = fixture.write("deep.json", "{\"a\":".repeat(100_000));
        assertThat(fixture.loader().load(json).isUsable()).isFalse();
    }

    @Test
    void aByteOrderMarkIsNoPartOfTheFirstKey() {
        assertThat(fixture.load("\uFEFF" + ConfigFixture.MINIMAL).problems()).isEmpty();
    }

    @Test
    void aNamedFileMustExistWhileASearchMayFindNothing() {
        LoadedConfig missing = fixture.loader().load(Path.of("missing.yaml"));
        LoadedConfig none = fixture.loader().load(null, ConfigLoader.Purpose.COMMAND_LINE);

        assertThat(missing.errors()).extracting(ConfigProblem::problem).containsExactly("there is no such file");
        assertThat(missing.file()).isEqualTo(directory.resolve("missing.yaml"));
        assertThat(ConfigFixture.lines(none))
                .containsExactly("warning: config: no config file found, using defaults;"
                        + " name one with --config or HEADSCALE_CONFIG");
        assertThat(none.file()).isNull();
    }

    @Test
    void searchesInTheDocumentedOrder() throws IOException {
        Path etc = Files.createDirectories(directory.resolve("etc"));
        Path home = Files.createDirectories(directory.resolve("home/.headscale"));
        Path inWorkingDirectory = fixture.write("config.yaml", "");
        fixture.with("HOME", directory.resolve("home").toString());

        assertThat(fixture.loader().load(null).file()).isEqualTo(inWorkingDirectory);
        Path inHome = Files.writeString(home.resolve("config.json"), "{}");
        assertThat(fixture.loader().load(null).file()).isEqualTo(inHome);
        Path inEtc = Files.writeString(etc.resolve("config.yml"), "");
        assertThat(fixture.loader().load(null).file()).isEqualTo(inEtc);
        Path byVariable = fixture.write("other.yaml", "");
        fixture.with("HEADSCALE_CONFIG", byVariable.toString());
        assertThat(fixture.loader().load(null).file()).isEqualTo(byVariable);
        Path byOption = fixture.write("third.yaml", "");
        assertThat(fixture.loader().load(Path.of("third.yaml")).file()).isEqualTo(byOption);
    }

    @Test
    void theCommandLineSeesOnlyItsOwnProblems() {
        Path file = fixture.write("config.yaml", "server_url: nonsense\ncli: {timeout: 0s}\n");

        LoadedConfig loaded = fixture.loader().load(file, ConfigLoader.Purpose.COMMAND_LINE);

        assertThat(loaded.problems().stream().map(ConfigProblem::key)).containsExactly("cli.timeout");
    }

    @Test
    void retiredKeysNameTheirSuccessor() {
        LoadedConfig loaded = fixture.loadMinimalAnd("""
                acl_policy_path: /p
                dns_config:
                  magic_dns: true
                  extra_records: []
                  use_username_in_magic_dns: true
                oidc: {expiry: 1d, strip_email_domain: true, map_legacy_users: true}
                randomize_client_port: true
                db_type: postgres
                """);

        assertThat(loaded.errors().stream().map(ConfigProblem::key))
                .containsExactlyInAnyOrder(
                        "acl_policy_path",
                        "dns_config.extra_records",
                        "dns_config.use_username_in_magic_dns",
                        "oidc.expiry",
                        "oidc.strip_email_domain",
                        "oidc.map_legacy_users",
                        "randomize_client_port");
        assertThat(ConfigFixture.lines(loaded))
                .contains(
                        "error: oidc.expiry: was removed (line 21); write node.expiry instead",
                        "warning: dns_config.magic_dns: was removed and has no effect (line 18); write dns.magic_dns instead",
                        "warning: db_type: was removed and has no effect (line 23); write database.type instead");
    }

    @Test
    void aRetiredKeyBesideItsSuccessorIsOnlyAWarning() {
        LoadedConfig loaded = fixture.loadMinimalAnd("acl_policy_path: /p\npolicy: {mode: database, path: /p}\n");

        assertThat(loaded.isUsable()).isTrue();
        assertThat(loaded.warnings().stream().map(ConfigProblem::key)).contains("acl_policy_path", "policy.path");
    }

    @Test
    void theOldEphemeralTimeoutCountsWhileTheNewOneIsAbsent() {
        LoadedConfig alone = fixture.loadMinimalAnd("ephemeral_node_inactivity_timeout: 30m\n");
        LoadedConfig beside = fixture.loadMinimalAnd(
                "ephemeral_node_inactivity_timeout: 30m\nnode: {ephemeral: {inactivity_timeout: 5m}}\n");

        assertThat(alone.config().node().ephemeralInactivityTimeout()).isEqualTo(Duration.ofMinutes(30));
        assertThat(alone.warnings().getFirst().problem()).startsWith("was renamed");
        assertThat(beside.config().node().ephemeralInactivityTimeout()).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void keysWithoutEffectSayWhy() {
        LoadedConfig loaded = fixture.loadMinimalAnd("tuning: {batcher_workers: 3}\ndisable_check_updates: false\n");

        assertThat(ConfigFixture.lines(loaded))
                .containsExactly(
                        "warning: disable_check_updates: has no effect: this program never looks for updates (line 17);"
                                + " remove it",
                        "warning: tuning.batcher_workers: has no effect: sessions have no such buffer or worker here"
                                + " (line 16); remove it");
    }

    @Test
    void familiesAreNotOfferedYet() {
        assertThat(fixture.loadMinimalAnd("families: {headscale: {enabled: true}}\n")
                        .report())
                .contains("error: families: choosing API families is not offered yet");
    }

    @Test
    void theServerUrlMustNotLieInTheBaseDomain() {
        String same = ConfigFixture.MINIMAL.replace("tailnet.test", "hs.test");
        String parent = ConfigFixture.MINIMAL.replace("base_domain: tailnet.test", "base_domain: TEST");

        assertThat(fixture.load(same).report()).contains("server_url cannot use the same domain as base_domain");
        assertThat(fixture.load(parent).report()).contains("server_url cannot be part of base_domain");
    }

    @Test
    void warnsWhenUrlAndTlsDisagree() {
        LoadedConfig proxied = fixture.load(ConfigFixture.MINIMAL.replace("http://", "https://"));
        LoadedConfig plain = fixture.loadMinimalAnd("tls_cert_path: c.pem\ntls_key_path: k.pem\n");

        assertThat(proxied.isUsable()).isTrue();
        assertThat(proxied.report()).contains("warning: server_url").contains("has no certificate");
        assertThat(plain.isUsable()).isTrue();
        assertThat(plain.report()).contains("is http while the listener speaks TLS");
    }
}
