package io.fleetscale.config;

import io.fleetscale.config.ConfigProblem.Severity;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keys that headscale once had: an old file says what to write instead of starting with half of its settings. */
final class RetiredKeys {
    /**
     * @param severity what happens when the key stands in the file
     * @param successor the key that takes its place; null when there is none
     * @param softened whether the problem is only a warning when the successor is set too
     */
    record Retired(String name, Severity severity, @Nullable String successor, boolean softened, String remedy) {
        ConfigProblem problem(boolean successorSet) {
            Severity effective = softened && successorSet ? Severity.WARNING : severity;
            String problem = effective == Severity.ERROR ? "was removed" : "was removed and has no effect";
            return new ConfigProblem(name, null, problem, remedy, effective);
        }
    }

    static final String OLD_EPHEMERAL_TIMEOUT = "ephemeral_node_inactivity_timeout";

    private static final Map<String, Retired> TABLE = table();

    private RetiredKeys() {}

    static @Nullable Retired find(String name) {
        return TABLE.get(name);
    }

    static Map<String, Retired> all() {
        return TABLE;
    }

    private static Map<String, Retired> table() {
        Map<String, Retired> table = new LinkedHashMap<>();
        replaced(table, "acl_policy_path", Severity.ERROR, "policy.path", true);
        replaced(table, "dns_config.magic_dns", Severity.WARNING, "dns.magic_dns", false);
        replaced(table, "dns_config.base_domain", Severity.WARNING, "dns.base_domain", false);
        replaced(table, "dns_config.override_local_dns", Severity.WARNING, "dns.override_local_dns", false);
        replaced(table, "dns_config.nameservers", Severity.WARNING, "dns.nameservers.global", false);
        replaced(table, "dns_config.restricted_nameservers", Severity.WARNING, "dns.nameservers.split", false);
        replaced(table, "dns_config.domains", Severity.WARNING, "dns.search_domains", false);
        replaced(table, "dns_config.extra_records", Severity.ERROR, "dns.extra_records", true);
        String noUserNames = "remove it: names of nodes do not contain the user any more";
        gone(table, "dns.use_username_in_magic_dns", noUserNames);
        gone(table, "dns_config.use_username_in_magic_dns", noUserNames);
        gone(table, "oidc.strip_email_domain", "remove it: users are told apart by the issuer's subject");
        gone(table, "oidc.map_legacy_users", "remove it: users are told apart by the issuer's subject");
        replaced(table, "oidc.expiry", Severity.ERROR, "node.expiry", false);
        gone(table, "randomize_client_port", "set randomizeClientPort (or a nodeAttrs entry) in the policy instead");
        // Much older names, which headscale now takes for unknown keys: a warning, but with the right new name.
        replaced(table, "db_type", Severity.WARNING, "database.type", false);
        replaced(table, "db_path", Severity.WARNING, "database.sqlite.path", false);
        replaced(table, "db_host", Severity.WARNING, "database.postgres.host", false);
        replaced(table, "db_port", Severity.WARNING, "database.postgres.port", false);
        replaced(table, "db_name", Severity.WARNING, "database.postgres.name", false);
        replaced(table, "db_user", Severity.WARNING, "database.postgres.user", false);
        replaced(table, "db_pass", Severity.WARNING, "database.postgres.pass", false);
        replaced(table, "db_ssl", Severity.WARNING, "database.postgres.ssl", false);
        replaced(table, "ip_prefixes", Severity.WARNING, "prefixes.v4", false);
        replaced(table, "private_key_path", Severity.WARNING, "noise.private_key_path", false);
        warned(table, "node_update_check_interval", "remove it: nodes are told of changes at once");
        return table;
    }

    private static void replaced(
            Map<String, Retired> table, String name, Severity severity, String successor, boolean softened) {
        table.put(name, new Retired(name, severity, successor, softened, "write " + successor + " instead"));
    }

    private static void gone(Map<String, Retired> table, String name, String remedy) {
        table.put(name, new Retired(name, Severity.ERROR, null, false, remedy));
    }

    private static void warned(Map<String, Retired> table, String name, String remedy) {
        table.put(name, new Retired(name, Severity.WARNING, null, false, remedy));
    }
}
