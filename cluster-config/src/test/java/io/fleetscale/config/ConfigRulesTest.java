package io.fleetscale.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One line of a file against the minimal one: which mistakes are errors, which are warnings, and what is fine. */
class ConfigRulesTest {
    @TempDir
    Path directory;

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "HEADSCALE_SERVER_URL                        | hs.test          | server_url",
                "HEADSCALE_SERVER_URL                        | http://          | server_url",
                "HEADSCALE_LISTEN_ADDR                       | 8080             | listen_addr",
                "HEADSCALE_GRPC_ALLOW_INSECURE               | maybe            | grpc_allow_insecure",
                "HEADSCALE_TRUSTED_PROXIES                   | 192.0.2.1        | trusted_proxies[0]",
                "HEADSCALE_TRUSTED_PROXIES                   | ::/0             | trusted_proxies",
                "HEADSCALE_UNIX_SOCKET_PERMISSION            | 1777             | unix_socket_permission",
                "HEADSCALE_TLS_CERT_PATH                     | c.pem            | tls_key_path",
                "HEADSCALE_TLS_KEY_PATH                      | k.pem            | tls_cert_path",
                "HEADSCALE_TLS_LETSENCRYPT_CHALLENGE_TYPE    | DNS-01           | tls_letsencrypt_challenge_type",
                "HEADSCALE_DATABASE_TYPE                     | sqlite3          | database.type",
                "HEADSCALE_DATABASE_TYPE                     | mysql            | database.type",
                "HEADSCALE_DATABASE_POSTGRES_PORT            | 70000            | database.postgres.port",
                "HEADSCALE_DATABASE_POSTGRES_SSL             | sometimes        | database.postgres.ssl",
                "HEADSCALE_DATABASE_POSTGRES_MAX_OPEN_CONNS  | 1                | database.postgres.max_open_conns",
                "HEADSCALE_DATABASE_POSTGRES_CONN_MAX_IDLE_TIME_SECS | 5        |"
                        + " database.postgres.conn_max_idle_time_secs",
                "HEADSCALE_LISTEN_ADDR                       | 0.0.0.0:1 ::1:1  | listen_addr",
                "HEADSCALE_ACME_URL                          | http://acme.test | acme_url",
                "HEADSCALE_PREFIXES_V4                       | 100.64.0.0       | prefixes.v4",
                "HEADSCALE_PREFIXES_V6                       | 100.64.0.0/10    | prefixes.v6",
                "HEADSCALE_PREFIXES_ALLOCATION               | last             | prefixes.allocation",
                "HEADSCALE_NODE_EPHEMERAL_INACTIVITY_TIMEOUT | 65s              | node.ephemeral.inactivity_timeout",
                "HEADSCALE_NODE_ROUTES_HA_PROBE_INTERVAL     | 1s               | node.routes.ha.probe_interval",
                "HEADSCALE_NODE_ROUTES_HA_PROBE_TIMEOUT      | 10s              | node.routes.ha.probe_timeout",
                "HEADSCALE_NODE_ROUTES_HA_PROBE_TIMEOUT      | 900ms            | node.routes.ha.probe_timeout",
                "HEADSCALE_POLICY_MODE                       | both             | policy.mode",
                "HEADSCALE_OIDC_PKCE_METHOD                  | S512             | oidc.pkce.method",
                "HEADSCALE_OIDC_ISSUER                       | id.test          | oidc.issuer",
                "HEADSCALE_OIDC_ISSUER                       | https://id.test  | oidc.client_id",
                "HEADSCALE_OIDC_ISSUER                       | https://id.test  | oidc.client_secret",
                "HEADSCALE_CLI_TIMEOUT                       | 0                | cli.timeout",
                "HEADSCALE_TUNING_NODE_STORE_BATCH_SIZE      | 0                | tuning.node_store_batch_size",
                "HEADSCALE_TUNING_NODE_STORE_BATCH_TIMEOUT   | 0s               | tuning.node_store_batch_timeout",
                "HEADSCALE_TUNING_REGISTER_CACHE_MAX_ENTRIES | 0                | tuning.register_cache_max_entries",
                "HEADSCALE_TUNING_BATCHER_WORKERS            | many             | tuning.batcher_workers",
                "FLEETSCALE_API_V1_ERRORS                    | none             | api.v1.errors",
                "FLEETSCALE_API_ALLOWED_ORIGINS              | *                | api.allowed_origins",
                "FLEETSCALE_API_ALLOWED_ORIGINS              | ui.example.com   | api.allowed_origins",
                "FLEETSCALE_API_ALLOWED_ORIGINS              | https://ui.x/    | api.allowed_origins",
                "FLEETSCALE_API_ALLOW_PRIVATE_DESTINATIONS   | perhaps          | api.allow_private_destinations",
                "FLEETSCALE_RETENTION_LOG                    | 1m               | retention.log",
                "FLEETSCALE_RETENTION_AUDIT_LOG              | 0s               | retention.audit_log",
                "FLEETSCALE_NODE_CERTIFICATES_DNS_SERVER     | ns1.test         | node_certificates.dns_server",
                "FLEETSCALE_NODE_CERTIFICATES_DNS_SERVER     | ns1.test:53      | node_certificates.key_name",
                "FLEETSCALE_NODE_CERTIFICATES_DNS_SERVER     | ns1.test:53      | node_certificates.key_path",
                "FLEETSCALE_FLOW_LOGS_RETENTION              | 0s               | flow_logs.retention",
                "FLEETSCALE_FLOW_LOGS_MAX_ENTRIES            | 0                | flow_logs.max_entries",
                "FLEETSCALE_CLUSTER_INSTANCE                 | a b              | cluster.instance",
                "FLEETSCALE_CLUSTER_GRID_ADDRESS             | host.test        | cluster.grid.address",
                "FLEETSCALE_CLUSTER_GRID_ADDRESS             | 192.0.2.1        | cluster.grid.address",
                "FLEETSCALE_CLUSTER_GRID_DISCOVERY_PORT      | 47100            | cluster.grid.communication_port",
                "FLEETSCALE_CLUSTER_GRID_COMMUNICATION_PORT  | 65536            | cluster.grid.communication_port",
                "FLEETSCALE_CLUSTER_TLS_CA_PATH              | ca.pem           | cluster.tls",
                "FLEETSCALE_CLUSTER_DIAL_ADDRESSES           | host.test        | cluster.dial_addresses",
                "FLEETSCALE_CLUSTER_DRAIN_TIMEOUT            | 0s               | cluster.drain.timeout",
            })
    void refuses(String variable, String value, String key) {
        LoadedConfig loaded = new ConfigFixture(directory)
                .with(variable, value)
                .with("HEADSCALE_TLS_LETSENCRYPT_HOSTNAME", key.equals("acme_url") ? "hs.test" : "")
                .load(ConfigFixture.MINIMAL);

        assertThat(loaded.errors().stream().map(ConfigProblem::key)).contains(key);
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "HEADSCALE_LOG_LEVEL                | loud         | log.level",
                "HEADSCALE_LOG_FORMAT               | xml          | log.format",
                "HEADSCALE_UNIX_SOCKET_PERMISSION   | 0o770        | unix_socket_permission",
                "HEADSCALE_NODE_EXPIRY              | 1.5h         | node.expiry",
                "HEADSCALE_PREFIXES_V4              | 10.0.0.0/8   | prefixes.v4",
                "HEADSCALE_DERP_URLS                | derp.test/x  | derp.urls",
                "HEADSCALE_DNS_NAMESERVERS_GLOBAL   | 1.1.1.1 x    | dns.nameservers.global",
                "HEADSCALE_TUNING_BATCH_CHANGE_DELAY| 400ms        | tuning.batch_change_delay",
                "HEADSCALE_DATABASE_DEBUG           | true         | database.debug",
                "HEADSCALE_CLI_ADDRESS              | hs.test:1    | cli.api_key",
            })
    void warnsAbout(String variable, String value, String key) {
        LoadedConfig loaded = new ConfigFixture(directory)
                .with(variable, value)
                .load(ConfigFixture.MINIMAL.replace("urls: [https", "paths: [x]\n  urls: [https"));

        assertThat(loaded.warnings().stream().map(ConfigProblem::key)).containsExactly(key);
        assertThat(loaded.isUsable()).isTrue();
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource({
        "HEADSCALE_GRPC_LISTEN_ADDR, 127.0.0.1:0",
        "HEADSCALE_LISTEN_ADDR, 127.0.0.1:8080 [::1]:8080",
        "HEADSCALE_METRICS_LISTEN_ADDR, ''",
        "HEADSCALE_DATABASE_POSTGRES_SSL, verify-full",
        "HEADSCALE_DATABASE_POSTGRES_PORT, 0",
        "HEADSCALE_NODE_ROUTES_HA_PROBE_INTERVAL, 0",
        "HEADSCALE_NODE_EXPIRY, 180d",
        "HEADSCALE_POLICY_MODE, database",
        "HEADSCALE_DISABLE_CHECK_UPDATES, true",
        "HEADSCALE_OIDC_CLIENT_ID, unused-without-issuer",
        "HEADSCALE_LOG_LEVEL, DISABLED",
    })
    void accepts(String variable, String value) {
        LoadedConfig loaded = new ConfigFixture(directory).with(variable, value).load(ConfigFixture.MINIMAL);

        assertThat(loaded.problems()).isEmpty();
    }

    @Test
    void badWordsOfTheLogFallBackAsDocumented() {
        LogConfig log = new ConfigFixture(directory).read("log: {level: loud, format: xml}", ServerConfig::log);

        assertThat(log).isEqualTo(new LogConfig(LogConfig.Level.DEBUG, LogConfig.Format.TEXT));
    }

    @Test
    void theEmbeddedRelayNeedsItsParts() {
        LoadedConfig bare = relay("enabled: true, automatically_add_embedded_derp_region: false, ipv4: nonsense");

        assertThat(bare.errors().stream().map(ConfigProblem::key))
                .contains(
                        "derp.server.region_id",
                        "derp.server.stun_listen_addr",
                        "derp.server.private_key_path",
                        "derp.server.ipv4",
                        "derp.server.automatically_add_embedded_derp_region");
        assertThat(relay("enabled: true, region_id: 999, stun_listen_addr: '0.0.0.0:3478', private_key_path: k,"
                                + " ipv6: none")
                        .errors())
                .isEmpty();
    }

    @Test
    void neverLetsTheDerpMapBeEmpty() {
        assertThat(relay("enabled: false").errors().stream().map(ConfigProblem::problem))
                .containsExactly("the DERP map would be empty, and clients need at least one region");
    }

    @Test
    void extraRecordsAndTheirFileExcludeEachOther() {
        String dns = "  extra_records: []\n  extra_records_path: r.json\n";

        assertThat(new ConfigFixture(directory)
                        .loadMinimalAnd(dns).errors().stream().map(ConfigProblem::key))
                .containsExactly("dns.extra_records_path");
        assertThat(new ConfigFixture(directory)
                        .loadMinimalAnd("  extra_records: [{name: a, type: A}]\n")
                        .report())
                .contains("error: dns.extra_records[0]: not a map of these texts (line 16); write a list of maps with"
                        + " name, type, value");
    }

    @Test
    void warnsAboutRecordsThatClientsSkip() {
        String dns = "  extra_records: [{name: a, type: TXT, value: b}, {name: a, type: A, value: b},"
                + " {name: a, type: '', value: '100.64.0.1'}]\n";

        assertThat(new ConfigFixture(directory)
                        .loadMinimalAnd(dns).warnings().stream().map(ConfigProblem::problem))
                .containsExactly(
                        "clients answer only for A and AAAA (line 16)",
                        "clients skip it: the value is no address (line 16)");
    }

    private LoadedConfig relay(String server) {
        return new ConfigFixture(directory)
                .load(ConfigFixture.MINIMAL.replace("urls: [https://derp.test/map.json]", "server: {" + server + "}"));
    }
}
