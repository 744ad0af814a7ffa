package io.fleetscale.config;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The whole configuration of a control-node: one record per feature. Read from a file by {@link ConfigLoader}, or built
 * without one by {@link #builder()}.
 */
public record ServerConfig(
        ListenConfig listen,
        KeysConfig keys,
        TlsConfig tls,
        DatabaseConfig database,
        RetentionConfig retention,
        PrefixConfig prefixes,
        DerpConfig derp,
        NodeConfig node,
        ClientFeatureConfig clientFeatures,
        PolicyConfig policy,
        LogConfig log,
        DnsConfig dns,
        OidcConfig oidc,
        CliConfig cli,
        TuningConfig tuning,
        ApiConfig api,
        FlowLogConfig flowLogs,
        NodeCertificateConfig nodeCertificates,
        ClusterConfig cluster) {
    private static final int HTTPS_PORT = 443;

    /** Every feature with its defaults; some have none for a required value, so this does not pass {@link #validate}. */
    public static ServerConfig defaults() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    public Builder toBuilder() {
        return new Builder()
                .listen(listen)
                .keys(keys)
                .tls(tls)
                .database(database)
                .retention(retention)
                .prefixes(prefixes)
                .derp(derp)
                .node(node)
                .clientFeatures(clientFeatures)
                .policy(policy)
                .log(log)
                .dns(dns)
                .oidc(oidc)
                .cli(cli)
                .tuning(tuning)
                .api(api)
                .flowLogs(flowLogs)
                .nodeCertificates(nodeCertificates)
                .cluster(cluster);
    }

    static ServerConfig read(Settings in, String hostName) {
        return new ServerConfig(
                ListenConfig.read(in),
                KeysConfig.read(in),
                TlsConfig.read(in),
                DatabaseConfig.read(in),
                RetentionConfig.read(in),
                PrefixConfig.read(in),
                DerpConfig.read(in),
                NodeConfig.read(in),
                ClientFeatureConfig.read(in),
                PolicyConfig.read(in),
                LogConfig.read(in),
                DnsConfig.read(in),
                OidcConfig.read(in),
                CliConfig.read(in),
                TuningConfig.read(in),
                ApiConfig.read(in),
                FlowLogConfig.read(in),
                NodeCertificateConfig.read(in),
                ClusterConfig.read(in, hostName));
    }

    /** Every problem of every record, and those between records. */
    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        problems.addAll(listen.validate());
        problems.addAll(keys.validate());
        problems.addAll(tls.validate());
        problems.addAll(database.validate());
        problems.addAll(retention.validate());
        problems.addAll(prefixes.validate());
        problems.addAll(derp.validate());
        problems.addAll(node.validate());
        problems.addAll(policy.validate());
        problems.addAll(log.validate());
        problems.addAll(dns.validate());
        problems.addAll(oidc.validate());
        problems.addAll(cli.validate());
        problems.addAll(tuning.validate());
        problems.addAll(api.validate());
        problems.addAll(flowLogs.validate());
        problems.addAll(nodeCertificates.validate());
        problems.addAll(cluster.validate());
        checkDomains(problems);
        checkTlsFitsUrl(problems);
        checkAcmeReachesListener(problems);
        return problems;
    }

    /** Names of nodes must not hide the server itself from clients that use MagicDNS. */
    private void checkDomains(List<ConfigProblem> problems) {
        String host = listen.serverHost();
        String base = dns.baseDomain().toLowerCase(Locale.ROOT);
        if (host.isEmpty() || base.isEmpty()) {
            return;
        }
        String consequence = " in a way that could make the DERP and headscale server unreachable";
        if (host.equals(base)) {
            problems.add(ConfigProblem.error(
                    "dns.base_domain",
                    dns.baseDomain(),
                    "server_url cannot use the same domain as base_domain" + consequence,
                    "write another domain for the names of nodes"));
        } else if (host.endsWith("." + base)) {
            problems.add(ConfigProblem.error(
                    "dns.base_domain",
                    dns.baseDomain(),
                    "server_url cannot be part of base_domain" + consequence,
                    "write a domain that " + host + " is not in"));
        }
    }

    private void checkTlsFitsUrl(List<ConfigProblem> problems) {
        boolean speaksTls = tls.hasFiles() || tls.acme().isEnabled();
        if (listen.isServerUrlSecure() && !speaksTls) {
            problems.add(ConfigProblem.warning(
                    "server_url",
                    listen.serverUrl(),
                    "is https while this server has no certificate",
                    "fine behind a proxy that speaks TLS, else set tls_cert_path and tls_key_path"));
        }
        if (listen.serverUrl().startsWith("http://") && speaksTls) {
            problems.add(ConfigProblem.warning(
                    "server_url",
                    listen.serverUrl(),
                    "is http while the listener speaks TLS",
                    "write https://, or remove the certificate"));
        }
    }

    /** An authority that checks by TLS-ALPN-01 comes to port 443, wherever the listener is. */
    private void checkAcmeReachesListener(List<ConfigProblem> problems) {
        if (tls.acme().isEnabled()
                && tls.acme().challengeType() == AcmeConfig.ChallengeType.TLS_ALPN_01
                && listen.control().stream().noneMatch(address -> address.port() == HTTPS_PORT)) {
            problems.add(ConfigProblem.warning(
                    "tls_letsencrypt_challenge_type",
                    "TLS-ALPN-01",
                    "the authority comes to port 443, where nothing listens here",
                    "listen on port 443, or forward it to the listener without ending TLS"));
        }
    }

    /** Starts from the defaults of every feature. */
    public static final class Builder {
        private ListenConfig listen = ListenConfig.defaults();
        private KeysConfig keys = KeysConfig.defaults();
        private TlsConfig tls = TlsConfig.defaults();
        private DatabaseConfig database = DatabaseConfig.defaults();
        private RetentionConfig retention = RetentionConfig.defaults();
        private PrefixConfig prefixes = PrefixConfig.defaults();
        private DerpConfig derp = DerpConfig.defaults();
        private NodeConfig node = NodeConfig.defaults();
        private ClientFeatureConfig clientFeatures = ClientFeatureConfig.defaults();
        private PolicyConfig policy = PolicyConfig.defaults();
        private LogConfig log = LogConfig.defaults();
        private DnsConfig dns = DnsConfig.defaults();
        private OidcConfig oidc = OidcConfig.defaults();
        private CliConfig cli = CliConfig.defaults();
        private TuningConfig tuning = TuningConfig.defaults();
        private ApiConfig api = ApiConfig.defaults();
        private FlowLogConfig flowLogs = FlowLogConfig.defaults();
        private NodeCertificateConfig nodeCertificates = NodeCertificateConfig.defaults();
        private ClusterConfig cluster = ClusterConfig.defaults();

        private Builder() {}

        @CanIgnoreReturnValue
        public Builder listen(ListenConfig value) {
            listen = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder keys(KeysConfig value) {
            keys = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder tls(TlsConfig value) {
            tls = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder database(DatabaseConfig value) {
            database = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder retention(RetentionConfig value) {
            retention = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder prefixes(PrefixConfig value) {
            prefixes = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder derp(DerpConfig value) {
            derp = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder node(NodeConfig value) {
            node = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder clientFeatures(ClientFeatureConfig value) {
            clientFeatures = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder policy(PolicyConfig value) {
            policy = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder log(LogConfig value) {
            log = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder dns(DnsConfig value) {
            dns = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder oidc(OidcConfig value) {
            oidc = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder cli(CliConfig value) {
            cli = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder tuning(TuningConfig value) {
            tuning = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder api(ApiConfig value) {
            api = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder nodeCertificates(NodeCertificateConfig value) {
            nodeCertificates = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder flowLogs(FlowLogConfig value) {
            flowLogs = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder cluster(ClusterConfig value) {
            cluster = value;
            return this;
        }

        @CheckReturnValue
        public ServerConfig build() {
            return new ServerConfig(
                    listen,
                    keys,
                    tls,
                    database,
                    retention,
                    prefixes,
                    derp,
                    node,
                    clientFeatures,
                    policy,
                    log,
                    dns,
                    oidc,
                    cli,
                    tuning,
                    api,
                    flowLogs,
                    nodeCertificates,
                    cluster);
        }
    }
}
