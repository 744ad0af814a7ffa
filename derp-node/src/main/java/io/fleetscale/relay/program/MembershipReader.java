package io.fleetscale.relay.program;

import io.fleetscale.config.ConfigProblem;
import io.fleetscale.wire.ip.IpAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The part of the settings that makes a relay a member of a cluster. Used by one thread. */
final class MembershipReader {
    static final String CONTROL_URL = "control_url";
    static final String CONTROL_TOKEN_FILE = "control_token_file";
    static final String NAME = "name";
    static final String REGION_ID = "region_id";
    static final String REGION_CODE = "region_code";
    static final String REGION_NAME = "region_name";
    static final String IPV4 = "ipv4";
    static final String IPV6 = "ipv6";
    static final String ADVERTISE_PORT = "advertise_port";
    static final Map<String, String> KEYS = keys();

    private static final int MAX_REGION_ID = 65_535;
    private static final int MAX_PORT = 65_535;

    private final Map<String, String> values;
    private final String hostname;
    private final Consumer<ConfigProblem> problems;

    MembershipReader(Map<String, String> values, String hostname, Consumer<ConfigProblem> problems) {
        this.values = values;
        this.hostname = hostname;
        this.problems = problems;
    }

    private static Map<String, String> keys() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put(
                CONTROL_URL,
                "control servers to register with, separated by commas: then verify_url, mesh_with and the mesh key come from them");
        keys.put(CONTROL_TOKEN_FILE, "file of the secret of relays, the control servers' relays.token_path");
        keys.put(NAME, "name in the DERP map, default the host name");
        keys.put(REGION_ID, "number of the region, 1 to 65535; required with control_url");
        keys.put(REGION_CODE, "short name of the region, default its number");
        keys.put(REGION_NAME, "name of the region that people see, default its code");
        keys.put(IPV4, "address that nodes are told, none, or nothing to have them look the name up");
        keys.put(IPV6, "as ipv4; default none, unless the host name is an address");
        keys.put(ADVERTISE_PORT, "port that nodes are told, default the one of listen");
        return keys;
    }

    /** Null without control servers. */
    RelaySettings.@Nullable Membership read() {
        String servers = text(CONTROL_URL, "");
        if (servers.isEmpty()) {
            for (String key : KEYS.keySet()) {
                if (!text(key, "").isEmpty()) {
                    problem(key, values.get(key), "has no effect without " + CONTROL_URL, "name the control server");
                }
            }
            return null;
        }
        List<URI> urls = new ArrayList<>();
        for (String server : servers.split(",", -1)) {
            URI url = url(server.strip());
            if (url != null) {
                urls.add(url);
            }
        }
        String token = text(CONTROL_TOKEN_FILE, "");
        if (token.isEmpty()) {
            problem(CONTROL_TOKEN_FILE, null, "is missing", "name the file of the relays' secret");
        }
        int region = number(REGION_ID, 0, MAX_REGION_ID);
        if (region == 0 && text(REGION_ID, "").isEmpty()) {
            problem(REGION_ID, null, "is missing", "write the number of the relay's region, for example 900");
        }
        String code = text(REGION_CODE, Integer.toString(region));
        int port = number(ADVERTISE_PORT, 0, MAX_PORT);
        if (urls.isEmpty() || token.isEmpty()) {
            return null;
        }
        return new RelaySettings.Membership(
                urls,
                Path.of(token),
                text(NAME, hostname.toLowerCase(Locale.ROOT)),
                region,
                code,
                text(REGION_NAME, code),
                text(IPV4, literal(false)),
                text(IPV6, literal(true)),
                port);
    }

    /** The host name if it is an address of the family; of a real name nodes look up IPv4 only. */
    private String literal(boolean v6) {
        try {
            return IpAddress.parse(hostname).isV6() == v6 ? hostname : "none";
        } catch (IllegalArgumentException e) {
            return v6 ? "none" : "";
        }
    }

    private @Nullable URI url(String value) {
        try {
            URI url = new URI(value);
            if (url.getHost() != null && Set.of("http", "https").contains(url.getScheme())) {
                return url;
            }
        } catch (URISyntaxException e) {
            // the same problem as a URL without host
        }
        problem(CONTROL_URL, value, "is not an http(s) URL", "write https://control.example.com");
        return null;
    }

    private int number(String key, int least, int most) {
        String value = text(key, "0");
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same problem as a number out of range
        }
        problem(key, value, "is not a number up to " + most, "write a number");
        return 0;
    }

    private String text(String key, String byDefault) {
        String value = values.getOrDefault(key, "");
        return value.isEmpty() ? byDefault : value;
    }

    private void problem(String key, @Nullable String value, String what, String remedy) {
        problems.accept(ConfigProblem.error(key, value, what, remedy));
    }
}
