package io.fleetscale.config;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import io.fleetscale.wire.ip.IpAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What clients are told about DNS.
 *
 * @param baseDomain the domain that names of nodes end in; empty without MagicDNS
 * @param overrideLocalDns use the global name servers instead of the node's own
 * @param globalNameservers addresses or DNS-over-HTTPS URLs
 * @param splitNameservers the same for single domains, by domain in lower case
 * @param searchDomains search domains after the base domain
 * @param extraRecords records beside those of the nodes
 * @param extraRecordsPath a JSON file with such records that is watched; null when there is none
 */
public record DnsConfig(
        boolean magicDns,
        String baseDomain,
        boolean overrideLocalDns,
        List<String> globalNameservers,
        Map<String, List<String>> splitNameservers,
        List<String> searchDomains,
        List<ExtraRecord> extraRecords,
        @Nullable Path extraRecordsPath) {
    /** One record, {@code ("grafana.example.com", "A", "100.64.0.3")}. */
    public record ExtraRecord(String name, String type, String value) {}

    /** Record types that clients know; an empty one means either. */
    private static final Set<String> ADDRESS_TYPES = Set.of("", "A", "AAAA");

    private static final DnsConfig DEFAULTS =
            new DnsConfig(true, "", true, List.of(), Map.of(), List.of(), List.of(), null);

    public DnsConfig {
        globalNameservers = List.copyOf(globalNameservers);
        Map<String, List<String>> copy = new LinkedHashMap<>();
        splitNameservers.forEach((domain, servers) -> copy.put(domain, List.copyOf(servers)));
        splitNameservers = Collections.unmodifiableMap(copy);
        searchDomains = List.copyOf(searchDomains);
        extraRecords = List.copyOf(extraRecords);
    }

    public static DnsConfig defaults() {
        return DEFAULTS;
    }

    public Builder toBuilder() {
        return new Builder(this);
    }

    static DnsConfig read(Settings in) {
        Map<String, List<String>> split = new LinkedHashMap<>();
        in.listMap("dns.nameservers.split", Map.of())
                .forEach((domain, servers) ->
                        split.put(withoutDot(domain), usable(in, "dns.nameservers.split", servers)));
        Set<String> members = new LinkedHashSet<>(List.of("name", "type", "value"));
        List<ExtraRecord> records = new ArrayList<>();
        for (Map<String, String> texts : in.records("dns.extra_records", members)) {
            records.add(new ExtraRecord(
                    texts.getOrDefault("name", ""), texts.getOrDefault("type", ""), texts.getOrDefault("value", "")));
        }
        Path recordsPath = in.path("dns.extra_records_path", DEFAULTS.extraRecordsPath);
        if (recordsPath != null && records.isEmpty() && in.isSet("dns.extra_records")) {
            // An empty list counts too: headscale takes its presence for a decision.
            in.report(bothKindsOfRecords(recordsPath));
        }
        return new DnsConfig(
                in.flag("dns.magic_dns", DEFAULTS.magicDns),
                withoutDot(in.text("dns.base_domain", DEFAULTS.baseDomain)),
                in.flag("dns.override_local_dns", DEFAULTS.overrideLocalDns),
                usable(in, "dns.nameservers.global", in.texts("dns.nameservers.global", DEFAULTS.globalNameservers)),
                split,
                in.texts("dns.search_domains", DEFAULTS.searchDomains),
                records,
                recordsPath);
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (magicDns && baseDomain.isEmpty()) {
            problems.add(ConfigProblem.error(
                    "dns.base_domain",
                    null,
                    "dns.base_domain must be set when using MagicDNS (dns.magic_dns)",
                    "write a domain of your own for the names of nodes, or dns.magic_dns: false"));
        }
        if (overrideLocalDns && globalNameservers.isEmpty()) {
            problems.add(ConfigProblem.error(
                    "dns.nameservers.global",
                    null,
                    "dns.nameservers.global must be set when dns.override_local_dns is true",
                    "list name servers, such as 1.1.1.1, or write dns.override_local_dns: false"));
        }
        for (ExtraRecord extra : extraRecords) {
            checkRecord(problems, extra);
        }
        if (extraRecordsPath != null && !extraRecords.isEmpty()) {
            problems.add(bothKindsOfRecords(extraRecordsPath));
        }
        return problems;
    }

    private static ConfigProblem bothKindsOfRecords(Path path) {
        return ConfigProblem.error(
                "dns.extra_records_path", path.toString(), "stands beside dns.extra_records", "keep one of the two");
    }

    private static void checkRecord(List<ConfigProblem> problems, ExtraRecord extra) {
        String shown = extra.name() + " " + extra.type() + " " + extra.value();
        if (extra.name().isEmpty() || extra.value().isEmpty()) {
            problems.add(ConfigProblem.error(
                    "dns.extra_records", shown, "a record without name or value", "write name, type and value"));
        } else if (!ADDRESS_TYPES.contains(extra.type())) {
            problems.add(ConfigProblem.warning(
                    "dns.extra_records", shown, "clients answer only for A and AAAA", "write an address record"));
        } else if (!isAddress(extra.value())) {
            problems.add(ConfigProblem.warning(
                    "dns.extra_records", shown, "clients skip it: the value is no address", "write an address"));
        }
    }

    /** The dot that ends a whole name says nothing here: all names are whole. */
    private static String withoutDot(String domain) {
        return domain.endsWith(".") ? domain.substring(0, domain.length() - 1) : domain;
    }

    private static List<String> usable(Settings in, String key, List<String> servers) {
        List<String> usable = new ArrayList<>();
        for (String server : servers) {
            if (isNameserver(server)) {
                usable.add(server);
            } else {
                in.report(ConfigProblem.warning(
                        key,
                        server,
                        "neither an address nor a URL, so it is skipped",
                        "write an address such as 1.1.1.1 or a URL such as https://dns.example.com/dns-query"));
            }
        }
        return usable;
    }

    private static boolean isNameserver(String text) {
        try {
            URI uri = new URI(text);
            if (uri.getScheme() != null && uri.getHost() != null) {
                return true;
            }
        } catch (URISyntaxException e) {
            // An IPv6 address is not a URI.
        }
        return isAddress(text);
    }

    private static boolean isAddress(String text) {
        try {
            IpAddress.parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Changes some values of a {@link DnsConfig}. */
    public static final class Builder {
        private boolean magicDns;
        private String baseDomain;
        private boolean overrideLocalDns;
        private List<String> globalNameservers;
        private Map<String, List<String>> splitNameservers;
        private List<String> searchDomains;
        private List<ExtraRecord> extraRecords;
        private @Nullable Path extraRecordsPath;

        private Builder(DnsConfig from) {
            magicDns = from.magicDns;
            baseDomain = from.baseDomain;
            overrideLocalDns = from.overrideLocalDns;
            globalNameservers = from.globalNameservers;
            splitNameservers = from.splitNameservers;
            searchDomains = from.searchDomains;
            extraRecords = from.extraRecords;
            extraRecordsPath = from.extraRecordsPath;
        }

        @CanIgnoreReturnValue
        public Builder magicDns(boolean value) {
            magicDns = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder baseDomain(String value) {
            baseDomain = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder overrideLocalDns(boolean value) {
            overrideLocalDns = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder globalNameservers(List<String> value) {
            globalNameservers = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder splitNameservers(Map<String, List<String>> value) {
            splitNameservers = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder searchDomains(List<String> value) {
            searchDomains = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder extraRecords(List<ExtraRecord> value) {
            extraRecords = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder extraRecordsPath(@Nullable Path value) {
            extraRecordsPath = value;
            return this;
        }

        @CheckReturnValue
        public DnsConfig build() {
            return new DnsConfig(
                    magicDns,
                    baseDomain,
                    overrideLocalDns,
                    globalNameservers,
                    splitNameservers,
                    searchDomains,
                    extraRecords,
                    extraRecordsPath);
        }
    }
}
