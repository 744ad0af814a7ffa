package io.fleetscale.config;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What listens where.
 *
 * @param serverUrl the URL under which Tailscale clients reach the server; empty when it was not given
 * @param control the addresses of the control listener; none is a problem
 * @param metrics the addresses of metrics and health; none turns it off
 * @param grpc the addresses of the gRPC API; none turns it off
 * @param grpcAllowInsecure serve gRPC without TLS
 * @param trustedProxies peers whose forwarding headers and PROXY protocol count
 * @param unixSocket the socket of the local command line
 * @param unixSocketPermission its permission bits, 0..0777
 */
public record ListenConfig(
        String serverUrl,
        List<ListenAddress> control,
        List<ListenAddress> metrics,
        List<ListenAddress> grpc,
        boolean grpcAllowInsecure,
        List<IpPrefix> trustedProxies,
        Path unixSocket,
        int unixSocketPermission) {
    private static final int DEFAULT_PERMISSION = 0700;
    private static final int ALL_PERMISSIONS = 0777;
    private static final ListenConfig DEFAULTS = new ListenConfig(
            "",
            List.of(),
            List.of(),
            List.of(new ListenAddress("", 50443)),
            false,
            List.of(),
            Path.of("/var/run/headscale/headscale.sock"),
            DEFAULT_PERMISSION);

    public ListenConfig {
        control = List.copyOf(control);
        metrics = List.copyOf(metrics);
        grpc = List.copyOf(grpc);
        trustedProxies = List.copyOf(trustedProxies);
    }

    public static ListenConfig defaults() {
        return DEFAULTS;
    }

    public Builder toBuilder() {
        return new Builder(this);
    }

    /** The server URL without a slash at its end. */
    public String serverUrlBase() {
        return serverUrl.endsWith("/") ? serverUrl.substring(0, serverUrl.length() - 1) : serverUrl;
    }

    /** The host of the server URL in lower case without port; empty when the URL has none. */
    public String serverHost() {
        try {
            String host = new URI(serverUrl).getHost();
            return host == null ? "" : host.toLowerCase(Locale.ROOT);
        } catch (URISyntaxException e) {
            return "";
        }
    }

    public boolean isServerUrlSecure() {
        return serverUrl.startsWith("https://");
    }

    static ListenConfig read(Settings in) {
        Path socket = in.path("unix_socket", DEFAULTS.unixSocket);
        return new ListenConfig(
                in.text("server_url", DEFAULTS.serverUrl),
                in.addresses("listen_addr", DEFAULTS.control),
                in.addresses("metrics_listen_addr", DEFAULTS.metrics),
                in.addresses("grpc_listen_addr", DEFAULTS.grpc),
                in.flag("grpc_allow_insecure", DEFAULTS.grpcAllowInsecure),
                readProxies(in),
                socket == null ? DEFAULTS.unixSocket : socket,
                readPermission(in));
    }

    /** Everything that is wrong with these values on their own. */
    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (serverUrl.isEmpty()) {
            problems.add(ConfigProblem.error(
                    "server_url",
                    null,
                    "is missing",
                    "write the URL that clients reach, such as https://hs.example.com"));
        } else if (!serverUrl.startsWith("http://") && !serverUrl.startsWith("https://")) {
            problems.add(ConfigProblem.error(
                    "server_url", serverUrl, "must start with https:// or http://", "put the scheme in front"));
        } else if (serverHost().isEmpty()) {
            problems.add(ConfigProblem.error(
                    "server_url", serverUrl, "names no host", "write https://host or http://host:port"));
        }
        if (control.isEmpty()) {
            problems.add(
                    ConfigProblem.error("listen_addr", null, "is missing", "write host:port, such as 0.0.0.0:8080"));
        }
        if (unixSocketPermission < 0 || unixSocketPermission > ALL_PERMISSIONS) {
            problems.add(ConfigProblem.error(
                    "unix_socket_permission",
                    Integer.toOctalString(unixSocketPermission),
                    "more than nine permission bits",
                    "write an octal number up to 0777"));
        }
        trustedProxies.stream()
                .filter(IpPrefix::isAll)
                .forEach(prefix -> problems.add(ConfigProblem.error(
                        "trusted_proxies",
                        prefix.toString(),
                        "0.0.0.0/0 and ::/0 are not allowed: every sender could choose its address",
                        "write the prefixes of your proxies")));
        return problems;
    }

    private static List<IpPrefix> readProxies(Settings in) {
        List<String> texts = in.texts("trusted_proxies", List.of());
        List<IpPrefix> proxies = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            try {
                proxies.add(IpPrefix.parse(texts.get(i)).masked());
            } catch (IllegalArgumentException e) {
                in.report(ConfigProblem.error(
                        "trusted_proxies[" + i + "]", texts.get(i), "not a prefix", asPrefix(texts.get(i))));
            }
        }
        return proxies;
    }

    /** F046: a bare address is meant as itself. */
    private static String asPrefix(String text) {
        try {
            IpAddress address = IpAddress.parse(text);
            return "write " + address + (address.isV6() ? "/128" : "/32") + " for this one address";
        } catch (IllegalArgumentException e) {
            return "write address/length, such as 192.0.2.7/32 for one address";
        }
    }

    private static int readPermission(Settings in) {
        String text = in.text("unix_socket_permission", "");
        if (text.isEmpty()) {
            return DEFAULTS.unixSocketPermission;
        }
        try {
            return Integer.parseInt(text, 8);
        } catch (NumberFormatException e) {
            in.report(ConfigProblem.warning(
                    "unix_socket_permission",
                    text,
                    "not an octal number, so 0700 is used",
                    "write digits 0 to 7, such as 0770"));
            return DEFAULTS.unixSocketPermission;
        }
    }

    /** Changes some values of a {@link ListenConfig}. */
    public static final class Builder {
        private String serverUrl;
        private List<ListenAddress> control;
        private List<ListenAddress> metrics;
        private List<ListenAddress> grpc;
        private boolean grpcAllowInsecure;
        private List<IpPrefix> trustedProxies;
        private Path unixSocket;
        private int unixSocketPermission;

        private Builder(ListenConfig from) {
            serverUrl = from.serverUrl;
            control = from.control;
            metrics = from.metrics;
            grpc = from.grpc;
            grpcAllowInsecure = from.grpcAllowInsecure;
            trustedProxies = from.trustedProxies;
            unixSocket = from.unixSocket;
            unixSocketPermission = from.unixSocketPermission;
        }

        @CanIgnoreReturnValue
        public Builder serverUrl(String value) {
            serverUrl = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder control(List<ListenAddress> value) {
            control = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder metrics(List<ListenAddress> value) {
            metrics = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder grpc(List<ListenAddress> value) {
            grpc = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder grpcAllowInsecure(boolean value) {
            grpcAllowInsecure = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder trustedProxies(List<IpPrefix> value) {
            trustedProxies = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder unixSocket(Path value) {
            unixSocket = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder unixSocketPermission(int value) {
            unixSocketPermission = value;
            return this;
        }

        @CheckReturnValue
        public ListenConfig build() {
            return new ListenConfig(
                    serverUrl,
                    control,
                    metrics,
                    grpc,
                    grpcAllowInsecure,
                    trustedProxies,
                    unixSocket,
                    unixSocketPermission);
        }
    }
}
