package io.fleetscale.config;

import static io.fleetscale.config.ConfigKey.Type.ADDRESS;
import static io.fleetscale.config.ConfigKey.Type.ADDRESSES;
import static io.fleetscale.config.ConfigKey.Type.CHOICE;
import static io.fleetscale.config.ConfigKey.Type.DURATION;
import static io.fleetscale.config.ConfigKey.Type.FLAG;
import static io.fleetscale.config.ConfigKey.Type.INTEGER;
import static io.fleetscale.config.ConfigKey.Type.LIST;
import static io.fleetscale.config.ConfigKey.Type.MAP;
import static io.fleetscale.config.ConfigKey.Type.OCTAL;
import static io.fleetscale.config.ConfigKey.Type.PATH;
import static io.fleetscale.config.ConfigKey.Type.PREFIX;
import static io.fleetscale.config.ConfigKey.Type.PROMETHEUS_DURATION;
import static io.fleetscale.config.ConfigKey.Type.RECORDS;
import static io.fleetscale.config.ConfigKey.Type.SECRET;
import static io.fleetscale.config.ConfigKey.Type.TEXT;
import static io.fleetscale.config.ConfigKey.Type.URL;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The table of all keys, in the order of the reference. A record may read only keys that stand here, and a test holds
 * that every key here is read by a record, listed in the sample file and described in the reference.
 */
final class ConfigKeys {
    private static final String NO_BUFFER = "sessions have no such buffer or worker here";
    private static final String NO_SQLITE = "SQLite is not offered";
    private static final String NO_ORM = "there is no object mapper between this program and the database";

    private static final Map<String, ConfigKey> TABLE = Collections.unmodifiableMap(table());

    private ConfigKeys() {}

    static Map<String, ConfigKey> all() {
        return TABLE;
    }

    static Set<String> names() {
        return TABLE.keySet();
    }

    static @Nullable ConfigKey find(String name) {
        return TABLE.get(name);
    }

    static boolean isSecret(String name) {
        ConfigKey key = TABLE.get(name);
        return key != null && key.isSecret();
    }

    private static Map<String, ConfigKey> table() {
        Table table = new Table();
        listeners(table);
        keysAndTls(table);
        database(table);
        retention(table);
        addresses(table);
        derp(table);
        nodes(table);
        policyAndLog(table);
        dns(table);
        oidc(table);
        commandLineAndTuning(table);
        own(table);
        return table.keys;
    }

    private static void listeners(Table t) {
        t.key("server_url", URL, "", "The URL under which Tailscale clients reach this server.");
        t.key("listen_addr", ADDRESSES, "", "Where the control listener binds; port 0 takes any free port.");
        t.key("metrics_listen_addr", ADDRESSES, "", "Where metrics and health are served; empty turns it off.");
        t.key("grpc_listen_addr", ADDRESSES, ":50443", "Where the gRPC API listens; empty turns it off.");
        t.key("grpc_allow_insecure", FLAG, "false", "Serve gRPC without TLS; only behind a proxy that adds it.");
        t.key("trusted_proxies", LIST, "[]", "Prefixes of proxies whose forwarding headers and PROXY protocol count.");
        t.key("unix_socket", PATH, "/var/run/headscale/headscale.sock", "The socket of the local command line.");
        t.key("unix_socket_permission", OCTAL, "0700", "The permission bits of that socket.");
        t.noEffect(
                "disable_check_updates",
                FLAG,
                "true",
                "Whether not to look for newer releases.",
                "this program never looks for updates");
    }

    private static void keysAndTls(Table t) {
        t.key("noise.private_key_path", PATH, "", "The server's Noise key; written on the first start.");
        t.key("keys.encryption_key_path", PATH, "", "A file with the key that encrypts the server's keys at rest.");
        t.key("tls_cert_path", PATH, "", "The certificate chain in PEM; with tls_key_path the listener speaks TLS.");
        t.key("tls_key_path", PATH, "", "The private key of that certificate in PEM.");
        t.key("acme_url", URL, "", "The directory of the ACME server; Let's Encrypt if empty.");
        t.key("acme_email", TEXT, "", "The address that the ACME account is registered with.");
        t.key("tls_letsencrypt_hostname", TEXT, "", "The name to get a certificate for; turns ACME on.");
        t.noEffect(
                "tls_letsencrypt_cache_dir",
                PATH,
                "/var/www/.cache",
                "Where headscale keeps certificates from ACME.",
                "they are kept sealed in the database, for all instances");
        t.key("tls_letsencrypt_challenge_type", CHOICE, "HTTP-01", "HTTP-01 or TLS-ALPN-01.");
        t.key("tls_letsencrypt_listen", ADDRESS, "", "The listener for HTTP-01 challenges; port 80 if empty.");
    }

    private static void database(Table t) {
        t.key("database.type", CHOICE, "", "postgres; SQLite is not offered.");
        t.noEffect(
                "database.debug",
                FLAG,
                "false",
                "Log the statements that are sent to the database.",
                "statements carry keys; PostgreSQL's own log_statement shows them");
        t.key("database.postgres.host", TEXT, "", "Host name, address, or the directory of a unix socket.");
        t.key("database.postgres.port", INTEGER, "5432", "The port; 0 means the usual one.");
        t.key("database.postgres.name", TEXT, "", "The name of the database.");
        t.key("database.postgres.user", TEXT, "", "The role to log in as.");
        t.key("database.postgres.pass", SECRET, "", "Its password.");
        t.key("database.postgres.ssl", TEXT, "false", "true (require), false (disable), or a PostgreSQL sslmode.");
        t.key("database.postgres.max_open_conns", INTEGER, "10", "The most connections that one instance opens.");
        t.noEffect(
                "database.postgres.max_idle_conns",
                INTEGER,
                "10",
                "How many of them stay open while idle.",
                "one stays open in each pool, the others by conn_max_idle_time_secs");
        t.key(
                "database.postgres.conn_max_idle_time_secs",
                INTEGER,
                "3600",
                "After how many idle seconds one is closed; 0 means never, else 10 or more.");
        t.noEffect("database.sqlite.path", PATH, "", "headscale's SQLite file.", NO_SQLITE);
        t.noEffect("database.sqlite.write_ahead_log", FLAG, "true", "Belongs to SQLite.", NO_SQLITE);
        t.noEffect("database.sqlite.wal_autocheckpoint", INTEGER, "1000", "Belongs to SQLite.", NO_SQLITE);
        t.noEffect("database.gorm.prepare_stmt", FLAG, "false", "Belongs to headscale's database layer.", NO_ORM);
        t.noEffect(
                "database.gorm.parameterized_queries", FLAG, "false", "Belongs to headscale's database layer.", NO_ORM);
        t.noEffect(
                "database.gorm.skip_err_record_not_found",
                FLAG,
                "false",
                "Belongs to headscale's database layer.",
                NO_ORM);
        t.noEffect("database.gorm.slow_threshold", INTEGER, "0", "Belongs to headscale's database layer.", NO_ORM);
    }

    private static void retention(Table t) {
        t.key("retention.log", DURATION, "24h", "How long records of the log of changes are kept; 10m or more.");
        t.key("retention.audit_log", DURATION, "2160h", "How long entries of the audit log are kept; 10m or more.");
    }

    private static void addresses(Table t) {
        t.key("prefixes.v4", PREFIX, "", "The IPv4 prefix that nodes get addresses from.");
        t.key("prefixes.v6", PREFIX, "", "The IPv6 prefix that nodes get addresses from.");
        t.key("prefixes.allocation", CHOICE, "sequential", "sequential or random.");
    }

    private static void derp(Table t) {
        t.key("derp.server.enabled", FLAG, "false", "Run a DERP relay inside this program.");
        t.key("derp.server.region_id", INTEGER, "0", "The number of its region; must be unique in the DERP map.");
        t.key("derp.server.region_code", TEXT, "", "The short name of its region.");
        t.key("derp.server.region_name", TEXT, "", "The name of its region that people see.");
        t.key("derp.server.verify_clients", FLAG, "true", "Relay only for nodes of this tailnet.");
        t.key("derp.server.stun_listen_addr", ADDRESS, "", "The UDP address that answers STUN.");
        t.noEffect(
                "derp.server.stun.enabled",
                FLAG,
                "true",
                "Known to headscale, read by nothing.",
                "the STUN listener follows derp.server.enabled");
        t.key("derp.server.private_key_path", PATH, "", "The relay's key; written on the first start.");
        t.key(
                "derp.server.automatically_add_embedded_derp_region",
                FLAG,
                "true",
                "Add the relay's region to the DERP map.");
        t.key("derp.server.ipv4", TEXT, "", "The IPv4 address that the region announces.");
        t.key("derp.server.ipv6", TEXT, "", "The IPv6 address that the region announces.");
        t.key("derp.urls", LIST, "[]", "URLs of DERP maps in JSON.");
        t.key("derp.paths", LIST, "[]", "Files with DERP maps in YAML.");
        t.key("derp.auto_update_enabled", FLAG, "false", "Read the maps again from time to time.");
        t.key("derp.update_frequency", DURATION, "3h", "How often they are read again.");
    }

    private static void nodes(Table t) {
        t.key("node.expiry", PROMETHEUS_DURATION, "0", "How long keys of untagged nodes last; 0 means for ever.");
        t.key(
                "node.ephemeral.inactivity_timeout",
                DURATION,
                "2m",
                "When an absent ephemeral node is removed; above 65s.");
        t.key("node.routes.ha.probe_interval", DURATION, "10s", "How often subnet routers are probed; 0 turns it off.");
        t.key(
                "node.routes.ha.probe_timeout",
                DURATION,
                "5s",
                "When a probe counts as lost; 1s or more, below the interval.");
        t.noEffect(
                "preauth_keys.revoked_retention",
                DURATION,
                "168h",
                "How long revoked pre-auth keys are kept.",
                "revoked pre-auth keys are kept");
        t.key("logtail.enabled", FLAG, "false", "Let clients send their logs to Tailscale.");
        t.key("taildrop.enabled", FLAG, "true", "Let nodes of one user send files to each other.");
        t.key("auto_update.enabled", FLAG, "false", "Suggest to clients that they update themselves.");
    }

    private static void policyAndLog(Table t) {
        t.key("policy.mode", CHOICE, "file", "file or database.");
        t.key("policy.path", PATH, "", "The policy file; empty allows everything.");
        for (PolicyFeature feature : PolicyFeature.values()) {
            t.key(feature.key(), FLAG, "true", "Whether a policy may use " + feature.meaning() + ".");
        }
        t.key("log.level", CHOICE, "info", "trace, debug, info, warn, error, fatal, panic or disabled.");
        t.key("log.format", CHOICE, "text", "text (on standard error) or json (lines on standard output).");
    }

    private static void dns(Table t) {
        t.key("dns.magic_dns", FLAG, "true", "Serve the names of nodes to nodes.");
        t.key("dns.base_domain", TEXT, "", "The domain that names of nodes end in; not the domain of server_url.");
        t.key("dns.override_local_dns", FLAG, "true", "Use the global name servers instead of the node's own.");
        t.key("dns.nameservers.global", LIST, "[]", "Name servers for everything: addresses or DNS-over-HTTPS URLs.");
        t.key("dns.nameservers.split", MAP, "{}", "Name servers for single domains: domain to list.");
        t.key("dns.search_domains", LIST, "[]", "Search domains after the base domain.");
        t.key("dns.extra_records", RECORDS, "[]", "Extra A and AAAA records: name, type, value.");
        t.key("dns.extra_records_path", PATH, "", "A JSON file with extra records that is watched for changes.");
    }

    private static void oidc(Table t) {
        t.key("oidc.issuer", URL, "", "The OpenID Connect issuer; setting it turns OIDC on.");
        t.key("oidc.only_start_if_oidc_is_available", FLAG, "true", "Do not start while the issuer is away.");
        t.key("oidc.client_id", TEXT, "", "The client id at the issuer.");
        t.key("oidc.client_secret", SECRET, "", "The client secret at the issuer.");
        t.key("oidc.client_secret_path", PATH, "", "A file with the client secret; $VAR and ${VAR} are expanded.");
        t.key("oidc.scope", LIST, "[openid, profile, email]", "The scopes to ask for.");
        t.key("oidc.extra_params", MAP, "{}", "Parameters to add to the authorisation URL.");
        t.key("oidc.allowed_domains", LIST, "[]", "Domains whose users may log in.");
        t.key("oidc.allowed_users", LIST, "[]", "E-mail addresses that may log in.");
        t.key("oidc.allowed_groups", LIST, "[]", "Groups whose members may log in.");
        t.key("oidc.email_verified_required", FLAG, "true", "Refuse addresses that the issuer has not verified.");
        t.key("oidc.use_expiry_from_token", FLAG, "false", "Let node keys expire with the token.");
        t.key("oidc.pkce.enabled", FLAG, "false", "Use PKCE.");
        t.key("oidc.pkce.method", CHOICE, "S256", "S256 or plain.");
        t.key("oidc.ca_path", PATH, "", "PEM certificates to trust at the issuer instead of the system's.");
        t.key("oidc.groups_claim", TEXT, "groups", "The claim that names a person's groups.");
    }

    private static void commandLineAndTuning(Table t) {
        t.key(
                "cli.address",
                ADDRESS,
                "",
                "The gRPC address that the command line talks to; empty means the unix socket.");
        t.key("cli.api_key", SECRET, "", "The API key of the command line.");
        t.key("cli.timeout", DURATION, "5s", "When the command line gives up.");
        t.key("cli.insecure", FLAG, "false", "Do not check the certificate of that address.");
        t.noEffect(
                "tuning.batch_change_delay",
                DURATION,
                "800ms",
                "The longest time that headscale lets changes wait to be sent together.",
                "changes are sent at once, and together to whoever is slow");
        t.key(
                "tuning.register_cache_expiration",
                DURATION,
                "168h",
                "How long a login may stay unfinished; clients show its URL for seven days.");
        t.key(
                "tuning.register_cache_max_entries",
                INTEGER,
                "50000",
                "The most unfinished logins of all instances together; the oldest of the busiest source makes room.");
        t.noEffect(
                "tuning.notifier_send_timeout", DURATION, "800ms", "Known to headscale, read by nothing.", NO_BUFFER);
        t.noEffect("tuning.node_mapsession_buffered_chan_size", INTEGER, "30", "A buffer of headscale's.", NO_BUFFER);
        t.noEffect("tuning.batcher_workers", INTEGER, "0", "A worker pool of headscale's.", NO_BUFFER);
        t.noEffect("tuning.node_store_batch_size", INTEGER, "100", "A batch of headscale's; above 0.", NO_BUFFER);
        t.noEffect("tuning.node_store_batch_timeout", DURATION, "500ms", "A batch of headscale's; above 0.", NO_BUFFER);
    }

    private static void own(Table t) {
        t.key(
                "api.v1.errors",
                CHOICE,
                "superset",
                "Refusals of /api/v1: superset (HTTP 400) or headscale-0.29 (HTTP 500).");
        t.key(
                "api.allowed_origins",
                LIST,
                "",
                "Origins whose pages may call the API from a browser, such as https://ui.example.com.");
        t.key(
                "api.allow_private_destinations",
                FLAG,
                "false",
                "Whether webhooks, log streams and issuers may lie in private networks and speak plain HTTP.");
        t.key(
                "api.client_attributes",
                FLAG,
                "false",
                "Whether clients may set posture attributes (custom:) of their own node.");
        t.key(
                "flow_logs.enabled",
                FLAG,
                "false",
                "Whether clients may send network flow logs here; log.tailscale.com must lead to this server for"
                        + " them.");
        t.key("flow_logs.retention", DURATION, "720h", "How long flow logs are kept.");
        t.key("flow_logs.max_entries", INTEGER, "10000000", "The most flow logs that are kept; the oldest make room.");
        t.key(
                "node_certificates.dns_server",
                TEXT,
                "",
                "Authoritative server (host:port) that takes signed updates; with it nodes can get certificates.");
        t.key("node_certificates.zone", TEXT, "", "The zone of the nodes' names there; empty: dns.base_domain.");
        t.key("node_certificates.key_name", TEXT, "", "The name of the TSIG key (hmac-sha256).");
        t.key("node_certificates.key_path", PATH, "", "File of its secret, base64.");
        t.key(
                "relays.token_path",
                PATH,
                "",
                "File of the secret with which relays register; two lines while it is changed.");
        t.key(
                "cluster.instance",
                TEXT,
                "",
                "The name of this instance, unique in the cluster; the host name by default.");
        t.key("cluster.grid.address", TEXT, "127.0.0.1", "The IP address at which other instances reach this one.");
        t.key(
                "cluster.grid.discovery_port",
                INTEGER,
                "47500",
                "The port of the grid's discovery; 0 takes any free one.");
        t.key(
                "cluster.grid.communication_port",
                INTEGER,
                "47100",
                "The port of the grid's messages; 0 takes any free one.");
        t.key("cluster.tls.cert_path", PATH, "", "The certificate of this instance for the grid, PEM.");
        t.key("cluster.tls.key_path", PATH, "", "Its private key, PEM.");
        t.key("cluster.tls.ca_path", PATH, "", "The authority that signs the certificates of all instances, PEM.");
        t.key(
                "cluster.dial_addresses",
                LIST,
                "",
                "IP addresses at which clients try the instances before they ask the DNS; ports are those of"
                        + " server_url.");
        t.key("cluster.drain.timeout", DURATION, "25s", "How long a drain may take before the instance stops anyway.");
    }

    /** Collects the rows; a name that stands twice is a mistake in this class. */
    private static final class Table {
        private final Map<String, ConfigKey> keys = new LinkedHashMap<>();

        void key(String name, ConfigKey.Type type, String defaultText, String meaning) {
            add(ConfigKey.of(name, type, defaultText, meaning));
        }

        void noEffect(String name, ConfigKey.Type type, String defaultText, String meaning, String reason) {
            add(new ConfigKey(name, type, defaultText, meaning, reason));
        }

        private void add(ConfigKey key) {
            if (keys.putIfAbsent(key.name(), key) != null) {
                throw new IllegalStateException(key.name() + " stands twice in the table");
            }
        }
    }
}
