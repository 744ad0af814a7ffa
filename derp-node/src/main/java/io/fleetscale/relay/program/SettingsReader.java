package io.fleetscale.relay.program;

import io.fleetscale.config.ConfigProblem;
import io.fleetscale.config.ListenAddress;
import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.relay.mesh.MeshAddress;
import io.fleetscale.runtime.acme.AcmeSettings;
import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Reads {@link RelaySettings} from a YAML file of flat keys and from the command line, which outranks it. Reports all
 * problems at once. Used by one thread.
 */
final class SettingsReader {
    static final String HOSTNAME = "hostname";
    static final String LISTEN = "listen";
    static final String HTTP_LISTEN = "http_listen";
    static final String STUN_LISTEN = "stun_listen";
    static final String METRICS_LISTEN = "metrics_listen";
    static final String DATA = "data";
    static final String TLS = "tls";
    static final String CERTIFICATE = "tls_cert";
    static final String CERTIFICATE_KEY = "tls_key";
    static final String ACME_URL = "acme_url";
    static final String ACME_EMAIL = "acme_email";
    static final String ACME_CHALLENGE = "acme_challenge";
    static final String TRUSTED_PROXIES = "trusted_proxies";
    static final String VERIFY_URL = "verify_url";
    static final String VERIFY_FAIL_OPEN = "verify_fail_open";

    static final String MESH_KEY_FILE = "mesh_key_file";
    static final String MESH_WITH = "mesh_with";

    static final String DRAIN_WINDOW = "drain_window";
    static final String RATE_LIMIT = "rate_limit";
    static final String RATE_BURST = "rate_burst";
    static final String RATE_TOLD = "rate_told";
    static final String BOOTSTRAP_NAMES = "bootstrap_dns_names";

    /** Every key with what it means and its default; the order of the help text. */
    static final Map<String, String> KEYS = keys();

    private static final long LARGEST_FILE_BYTES = 1 << 20;
    private static final Set<String> NONE = Set.of("", "off", "none", "-1");

    private final List<ConfigProblem> problems = new ArrayList<>();
    private final Map<String, String> values = new LinkedHashMap<>();

    private static Map<String, String> keys() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put(HOSTNAME, "DNS name or IP address by which nodes reach the relay (required)");
        keys.put(LISTEN, "address of the relay, default :443");
        keys.put(HTTP_LISTEN, "plain HTTP beside TLS, default :80; off: none");
        keys.put(STUN_LISTEN, "UDP address of STUN, default :3478; off: none");
        keys.put(METRICS_LISTEN, "metrics and health for operators, default 127.0.0.1:9091");
        keys.put(DATA, "directory of the relay's key and certificate, default /var/lib/derp-node");
        keys.put(
                TLS,
                "self-signed (default; pinned by the DERP map), files, acme, or off (behind a proxy that ends TLS)");
        keys.put(CERTIFICATE, "PEM certificate chain, with tls: files");
        keys.put(CERTIFICATE_KEY, "PEM private key, with tls: files");
        keys.put(ACME_URL, "directory of the ACME server, with tls: acme; default that of Let's Encrypt");
        keys.put(ACME_EMAIL, "address for the ACME server's warnings, default none");
        keys.put(
                ACME_CHALLENGE,
                "how the name is checked: http-01 (default, on http_listen, port 80) or tls-alpn-01 (on listen, port 443)");
        keys.put(
                TRUSTED_PROXIES,
                "prefixes of proxies whose PROXY headers (v1, v2) and forwarding headers are believed, separated by commas");
        keys.put(VERIFY_URL, "URL that says who may use the relay, e.g. https://control.example.com/verify");
        keys.put(VERIFY_FAIL_OPEN, "admit new nodes while verify_url cannot be reached: true (default) or false");
        keys.put(
                MESH_KEY_FILE,
                "file with the mesh key of the region's relays; while it is changed, with two in two lines");
        keys.put(MESH_WITH, "all relays of the region: HOST[:PORT][/DIAL-HOST][=sha256-raw:HASH], separated by commas");
        keys.put(DRAIN_WINDOW, "seconds over which nodes are sent away when the relay stops or drains, default 5");
        keys.put(
                RATE_LIMIT,
                "bytes a second that one node may send; the relay reads slower, nothing is lost; default 0: no limit");
        keys.put(RATE_BURST, "bytes that one node may send at once, with rate_limit; default the rate, at least 65568");
        keys.put(
                RATE_TOLD,
                "tell nodes that connect their rate_limit, so that they drop what is beyond it: true or false (default)");
        keys.put(
                BOOTSTRAP_NAMES,
                "names whose addresses /bootstrap-dns tells nodes without DNS, separated by commas; default hostname and control_url's");
        keys.putAll(MembershipReader.KEYS);
        return keys;
    }

    /** What was read, or what is wrong with it. */
    sealed interface Outcome {
        record Usable(RelaySettings settings) implements Outcome {}

        record Problems(List<ConfigProblem> problems) implements Outcome {}
    }

    /**
     * @param file null: the command line says everything
     * @param options of the command line, by key
     */
    static Outcome read(@Nullable Path file, Map<String, String> options) {
        SettingsReader reader = new SettingsReader();
        if (file != null) {
            reader.readFile(file);
        }
        options.forEach(reader::take);
        RelaySettings settings = reader.build();
        return settings == null || !reader.problems.isEmpty()
                ? new Outcome.Problems(List.copyOf(reader.problems))
                : new Outcome.Usable(settings);
    }

    private void readFile(Path file) {
        try {
            if (Files.size(file) > LARGEST_FILE_BYTES) {
                problem("-c", file.toString(), "is larger than a configuration", "name the configuration file");
                return;
            }
            JsonNode root = new YAMLMapper().readTree(Files.readString(file));
            if (root.isMissingNode() || root.isNull()) {
                return;
            }
            if (!root.isObject()) {
                problem("-c", file.toString(), "is not a YAML mapping", "write one key: value in each line");
                return;
            }
            for (Map.Entry<String, JsonNode> member : root.properties()) {
                if (member.getValue().isContainer()) {
                    problem(member.getKey(), null, "is not a single value", "write " + member.getKey() + ": VALUE");
                } else {
                    take(
                            member.getKey(),
                            member.getValue().isNull() ? "" : member.getValue().asString());
                }
            }
        } catch (NoSuchFileException e) {
            problem("-c", file.toString(), "does not exist", "name the configuration file");
        } catch (IOException e) {
            problem("-c", file.toString(), "cannot be read: " + e.getMessage(), "check its permissions");
        } catch (JacksonException e) {
            var place = e.getLocation();
            problem(
                    "-c",
                    file.toString(),
                    "is not YAML" + (place == null ? "" : ", line " + place.getLineNr()),
                    "write one key: value in each line");
        }
    }

    private void take(String key, String value) {
        if (!KEYS.containsKey(key)) {
            problem(
                    key,
                    value,
                    "is not a key of a relay",
                    "use one of " + String.join(", ", new TreeSet<>(KEYS.keySet())));
            return;
        }
        values.put(key, value.strip());
    }

    private @Nullable RelaySettings build() {
        String hostname = values.getOrDefault(HOSTNAME, "");
        if (hostname.isEmpty()) {
            problem(HOSTNAME, null, "is missing", "write the name or address by which nodes reach this relay");
        }
        RelaySettings.Tls tls = tls();
        Path certificate = path(CERTIFICATE);
        Path certificateKey = path(CERTIFICATE_KEY);
        if (tls == RelaySettings.Tls.FILES && (certificate == null || certificateKey == null)) {
            problem(TLS, "files", "needs " + CERTIFICATE + " and " + CERTIFICATE_KEY, "name both PEM files");
        }
        if (tls != RelaySettings.Tls.FILES && (certificate != null || certificateKey != null)) {
            problem(CERTIFICATE, values.get(CERTIFICATE), "has no effect without tls: files", "write tls: files");
        }
        ListenAddress listen = address(LISTEN, ":443");
        ListenAddress metrics = address(METRICS_LISTEN, "127.0.0.1:9091");
        if (metrics == null && problems.isEmpty()) {
            problem(METRICS_LISTEN, values.get(METRICS_LISTEN), "cannot be off", "bind it to 127.0.0.1:0");
        }
        ListenAddress http = address(HTTP_LISTEN, tls == RelaySettings.Tls.OFF ? "off" : ":80");
        ListenAddress stun = address(STUN_LISTEN, ":3478");
        RelaySettings.Acme acme = acme(tls, hostname, http != null);
        URI verifyUrl = url();
        boolean verifyFailOpen = flag(VERIFY_FAIL_OPEN, true);
        Path meshKeyFile = path(MESH_KEY_FILE);
        Set<MeshAddress> meshWith = meshWith();
        if (!meshWith.isEmpty() && meshKeyFile == null) {
            problem(MESH_WITH, values.get(MESH_WITH), "needs a mesh key", "name the file in " + MESH_KEY_FILE);
        }
        int drainSeconds = number(DRAIN_WINDOW, 5, 0, 3600);
        ReceiveRate rate = receiveRate();
        RelaySettings.Membership membership = new MembershipReader(values, hostname, problems::add).read();
        if (membership != null && verifyUrl == null && !values.containsKey(VERIFY_URL)) {
            verifyUrl = membership.servers().getFirst().resolve("/verify");
        }
        if (listen == null || metrics == null) {
            return null;
        }
        return new RelaySettings(
                hostname,
                listen,
                http,
                stun,
                metrics,
                Path.of(values.getOrDefault(DATA, "/var/lib/derp-node")),
                tls,
                certificate,
                certificateKey,
                acme,
                trustedProxies(),
                verifyUrl,
                verifyFailOpen,
                meshKeyFile,
                meshWith,
                Duration.ofSeconds(drainSeconds),
                rate,
                bootstrapNames(hostname, membership),
                membership);
    }

    private RelaySettings.Tls tls() {
        String value = values.getOrDefault(TLS, "self-signed").toLowerCase(Locale.ROOT);
        return switch (value) {
            case "self-signed" -> RelaySettings.Tls.SELF_SIGNED;
            case "files" -> RelaySettings.Tls.FILES;
            case "acme" -> RelaySettings.Tls.ACME;
            case "off", "false" -> RelaySettings.Tls.OFF;
            default -> {
                problem(TLS, value, "is not known", "use self-signed, files, acme or off");
                yield RelaySettings.Tls.SELF_SIGNED;
            }
        };
    }

    private RelaySettings.@Nullable Acme acme(RelaySettings.Tls tls, String hostname, boolean hasPlainListener) {
        if (tls != RelaySettings.Tls.ACME) {
            for (String key : List.of(ACME_URL, ACME_EMAIL, ACME_CHALLENGE)) {
                if (values.containsKey(key)) {
                    problem(key, values.get(key), "has no effect without tls: acme", "write tls: acme");
                }
            }
            return null;
        }
        if (isAddress(hostname)) {
            problem(HOSTNAME, hostname, "is an address, and tls: acme needs a name", "write a DNS name of the relay");
        }
        String challenge = values.getOrDefault(ACME_CHALLENGE, "http-01").toLowerCase(Locale.ROOT);
        boolean byTls = challenge.equals("tls-alpn-01");
        if (!byTls && !challenge.equals("http-01")) {
            problem(ACME_CHALLENGE, challenge, "is not known", "use http-01 or tls-alpn-01");
        } else if (!byTls && !hasPlainListener) {
            problem(
                    HTTP_LISTEN,
                    "off",
                    "leaves http-01 nowhere to be answered",
                    "write " + ACME_CHALLENGE + ": tls-alpn-01");
        }
        String directory = values.getOrDefault(ACME_URL, "");
        try {
            URI url = directory.isEmpty() ? AcmeSettings.DEFAULT_DIRECTORY : new URI(directory);
            if (url.getHost() != null && Set.of("https", "acme").contains(url.getScheme())) {
                return new RelaySettings.Acme(url, values.getOrDefault(ACME_EMAIL, ""), byTls);
            }
        } catch (URISyntaxException e) {
            // the same problem as a URL without host
        }
        problem(ACME_URL, directory, "is not an https URL", "write the directory of the ACME server");
        return null;
    }

    private @Nullable Path path(String key) {
        String value = values.get(key);
        return value == null || value.isEmpty() ? null : Path.of(value);
    }

    private @Nullable ListenAddress address(String key, String byDefault) {
        String value = values.getOrDefault(key, byDefault);
        if (NONE.contains(value)) {
            if (key.equals(LISTEN)) {
                problem(key, value, "cannot be off", "write HOST:PORT or :PORT");
            }
            return null;
        }
        try {
            return ListenAddress.parse(value);
        } catch (IllegalArgumentException e) {
            problem(key, value, "is not an address", "write HOST:PORT or :PORT");
            return null;
        }
    }

    private List<IpPrefix> trustedProxies() {
        List<IpPrefix> proxies = new ArrayList<>();
        for (String text : values.getOrDefault(TRUSTED_PROXIES, "").split(",", -1)) {
            String proxy = text.strip();
            if (proxy.isEmpty()) {
                continue;
            }
            try {
                IpPrefix prefix = IpPrefix.parse(proxy).masked();
                if (prefix.isAll()) {
                    problem(TRUSTED_PROXIES, proxy, "trusts everybody", "write the prefixes of your proxies");
                } else {
                    proxies.add(prefix);
                }
            } catch (IllegalArgumentException e) {
                problem(
                        TRUSTED_PROXIES,
                        proxy,
                        "is not a prefix",
                        "write address/length, such as 192.0.2.7/32 for one address");
            }
        }
        return proxies;
    }

    private @Nullable URI url() {
        String value = values.getOrDefault(VERIFY_URL, "");
        if (value.isEmpty()) {
            return null;
        }
        try {
            URI url = new URI(value);
            if (url.getHost() != null && Set.of("http", "https").contains(url.getScheme())) {
                return url;
            }
        } catch (URISyntaxException e) {
            // the same problem as a URL without host
        }
        problem(VERIFY_URL, value, "is not an http(s) URL", "write https://control.example.com/verify");
        return null;
    }

    private Set<MeshAddress> meshWith() {
        Set<MeshAddress> relays = new LinkedHashSet<>();
        for (String relay : values.getOrDefault(MESH_WITH, "").split(",", -1)) {
            if (relay.isBlank()) {
                continue;
            }
            try {
                relays.add(MeshAddress.parse(relay));
            } catch (IllegalArgumentException e) {
                problem(MESH_WITH, relay.strip(), "names no relay: " + e.getMessage(), "write HOST[:PORT]");
            }
        }
        return relays;
    }

    /** Addresses need no DNS and are left out. */
    private Set<String> bootstrapNames(String hostname, RelaySettings.@Nullable Membership membership) {
        List<String> hosts = new ArrayList<>();
        if (values.containsKey(BOOTSTRAP_NAMES)) {
            hosts.addAll(List.of(values.getOrDefault(BOOTSTRAP_NAMES, "").split(",", -1)));
        } else {
            hosts.add(hostname);
            if (membership != null) {
                membership.servers().forEach(server -> hosts.add(server.getHost()));
            }
        }
        Set<String> names = new TreeSet<>();
        for (String host : hosts) {
            String name = host.strip().toLowerCase(Locale.ROOT);
            if (!name.isEmpty() && !isAddress(name)) {
                names.add(name);
            }
        }
        return names;
    }

    private static boolean isAddress(String host) {
        try {
            IpAddress unused = IpAddress.parse(host.replaceAll("[\\[\\]]", ""));
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private ReceiveRate receiveRate() {
        int bytesPerSecond = number(RATE_LIMIT, 0, 0, Integer.MAX_VALUE);
        int least = DerpLimits.MAX_SEND_PACKET_BYTES;
        int burst = number(RATE_BURST, Math.max(bytesPerSecond, least), least, Integer.MAX_VALUE);
        if (bytesPerSecond == 0 && values.containsKey(RATE_BURST)) {
            problem(RATE_BURST, values.get(RATE_BURST), "has no effect without " + RATE_LIMIT, "write " + RATE_LIMIT);
        }
        boolean told = flag(RATE_TOLD, false);
        return bytesPerSecond == 0 ? ReceiveRate.UNLIMITED : new ReceiveRate(bytesPerSecond, burst, told);
    }

    private int number(String key, int byDefault, int least, int most) {
        String value = values.getOrDefault(key, Integer.toString(byDefault));
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same problem as a number out of range
        }
        problem(key, value, "is not a number from " + least + " to " + most, "write for example " + byDefault);
        return byDefault;
    }

    private boolean flag(String key, boolean byDefault) {
        String value = values.getOrDefault(key, Boolean.toString(byDefault));
        if (!value.equals("true") && !value.equals("false")) {
            problem(key, value, "is neither true nor false", "write true or false");
        }
        return value.equals("true");
    }

    private void problem(String key, @Nullable String value, String what, String remedy) {
        problems.add(ConfigProblem.error(key, value, what, remedy));
    }
}
