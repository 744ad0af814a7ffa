package io.fleetscale.control.dev;

import io.fleetscale.runtime.AtomicFiles;
import io.fleetscale.runtime.net.HostPort;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The configuration file of one instance of a dev cluster: what {@code fleetscale serve -c FILE} reads, with nothing that a
 * real cluster could not have. Holds the database's password.
 *
 * @param control its listener, behind the balancer
 */
record InstanceFile(
        String name, HostPort control, HostPort grpc, HostPort metrics, int discoveryPort, int communicationPort) {

    /**
     * What all instances have in common.
     *
     * @param serverUrl the balancer's
     * @param flowLogs whether clients may upload flow logs
     * @param database {@code jdbc:postgresql://host:port/name}
     * @param certificates directory of {@code ca.crt} and of each instance's certificate
     * @param relayToken file of the secret with which relays register
     */
    record Shared(
            String serverUrl,
            String baseDomain,
            String logLevel,
            boolean flowLogs,
            String database,
            String user,
            String password,
            Path data,
            Path certificates,
            Path relayToken) {
        @Override
        public String toString() {
            return "Shared[" + serverUrl + "]";
        }
    }

    void write(Path file, Path directory, Shared shared) throws IOException {
        URI database = URI.create(shared.database().substring("jdbc:".length()));
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("server_url", shared.serverUrl());
        root.put("listen_addr", control.toString());
        root.put("metrics_listen_addr", metrics.toString());
        root.put("grpc_listen_addr", grpc.toString());
        root.put("unix_socket", directory.resolve("fleetscale.sock").toString());
        root.put("trusted_proxies", List.of(control.host() + (control.host().contains(":") ? "/128" : "/32")));
        root.put(
                "noise",
                Map.of(
                        "private_key_path",
                        shared.data().resolve("noise_private.key").toString()));
        root.put("prefixes", Map.of("v4", "100.64.0.0/10", "v6", "fd7a:115c:a1e0::/48"));
        Map<String, Object> postgres = new LinkedHashMap<>();
        postgres.put("host", database.getHost());
        postgres.put("port", database.getPort());
        postgres.put("name", database.getPath().substring(1));
        postgres.put("user", shared.user());
        postgres.put("pass", shared.password());
        root.put("database", Map.of("type", "postgres", "postgres", postgres));
        root.put("derp", Map.of("server", Map.of("enabled", false)));
        root.put("relays", Map.of("token_path", shared.relayToken().toString()));
        Map<String, Object> dns = new LinkedHashMap<>();
        dns.put("magic_dns", true);
        dns.put("base_domain", shared.baseDomain());
        dns.put("override_local_dns", false);
        root.put("dns", dns);
        root.put("policy", Map.of("mode", "database"));
        // receivers on this machine, as with one instance
        root.put("api", Map.of("allow_private_destinations", true));
        root.put("flow_logs", Map.of("enabled", shared.flowLogs()));
        root.put("log", Map.of("level", shared.logLevel(), "format", "text"));
        root.put("cluster", cluster(shared.certificates()));
        AtomicFiles.writeText(file, new YAMLMapper().writeValueAsString(root), AtomicFiles.OWNER_ONLY);
    }

    private Map<String, Object> cluster(Path certificates) {
        Map<String, Object> cluster = new LinkedHashMap<>();
        cluster.put("instance", name);
        Map<String, Object> grid = new LinkedHashMap<>();
        grid.put("address", "127.0.0.1");
        grid.put("discovery_port", discoveryPort);
        grid.put("communication_port", communicationPort);
        cluster.put("grid", grid);
        Map<String, Object> tls = new LinkedHashMap<>();
        tls.put("cert_path", certificates.resolve(name + ".crt").toString());
        tls.put("key_path", certificates.resolve(name + ".key").toString());
        tls.put("ca_path", certificates.resolve("ca.crt").toString());
        cluster.put("tls", tls);
        return cluster;
    }

    /** How the balancer is told of it: {@code NAME=CONTROL,METRICS}. */
    String backend() {
        return name + "=" + control + "," + metrics;
    }

    static List<String> names(int instances) {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= instances; i++) {
            names.add("control-" + i);
        }
        return names;
    }
}
