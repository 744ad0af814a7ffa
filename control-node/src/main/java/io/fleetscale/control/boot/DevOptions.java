package io.fleetscale.control.boot;

import io.fleetscale.control.cli.CliOption;
import io.fleetscale.control.cli.Invocation;
import io.fleetscale.runtime.net.HostPort;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The options of {@code fleetscale dev}: texts until {@link #problems} found nothing wrong with them.
 *
 * @param stunListen absent: port 3478 of the control listener's address, with several relays any free one of each
 * @param serverUrl absent: http:// and the control listener
 * @param instances 1: a server in this process; more: a cluster of processes; 0: what was written is no number
 * @param relays processes of their own; 0: one inside the server, or one process with a cluster; -1: what was written is no number
 * @param regions that the relays are spread over, one after the other; 0: what was written is no number
 * @param flowLogs whether clients may upload flow logs
 * @param stopWhenReady ends in order once everything has started
 */
record DevOptions(
        Path data,
        String listen,
        String grpcListen,
        String metricsListen,
        @Nullable String stunListen,
        @Nullable String serverUrl,
        String baseDomain,
        @Nullable Path readyFile,
        String logLevel,
        boolean flowLogs,
        boolean stopWhenReady,
        int instances,
        int relays,
        int regions) {
    static final int STUN_PORT = 3478;
    /** What the connections of the database of dev are enough for. */
    private static final int MAX_INSTANCES = 5;

    private static final int MAX_RELAYS = 9;
    private static final String LISTEN = "127.0.0.1:8080";
    private static final String GRPC_LISTEN = "127.0.0.1:50443";
    private static final String METRICS_LISTEN = "127.0.0.1:9090";
    private static final String BASE_DOMAIN = "tailnet.internal";
    private static final String LOG_LEVEL = "info";
    private static final Set<String> LOG_LEVELS = Set.of("trace", "debug", "info", "warn", "error");

    static CliOption[] declared() {
        return new CliOption[] {
            CliOption.text("--data", "DIR", "Directory of everything that is kept")
                    .orElse("~/.fleetscale"),
            CliOption.text("--listen", "HOST:PORT", "Control listener: clients, API, relay; port 0 is any free one")
                    .orElse(LISTEN),
            CliOption.text("--grpc-listen", "HOST:PORT", "gRPC listener, TLS").orElse(GRPC_LISTEN),
            CliOption.text("--metrics-listen", "HOST:PORT", "Metrics, /livez and /readyz")
                    .orElse(METRICS_LISTEN),
            CliOption.text(
                    "--stun-listen",
                    "HOST:PORT",
                    "STUN over UDP (default: port 3478 where --listen is; with several relays any free port)"),
            CliOption.text("--server-url", "URL", "How clients reach the server (default: http:// and --listen)"),
            CliOption.text("--base-domain", "DOMAIN", "Domain of the nodes' names")
                    .orElse(BASE_DOMAIN),
            CliOption.text("--ready-file", "FILE", "Written, as JSON, when the server is ready: addresses, keys, pid"),
            CliOption.text("--log-level", "LEVEL", "trace, debug, info, warn or error")
                    .orElse(LOG_LEVEL),
            CliOption.text(
                            "--instances",
                            "N",
                            "Run a cluster: N instances, a relay and a balancer, each a process of its own")
                    .orElse("1"),
            CliOption.text(
                            "--relays",
                            "N",
                            "Run N relays, each a process of its own, that register and mesh (default: one, with --instances as a process)")
                    .orElse("0"),
            CliOption.text("--regions", "N", "Spread the relays over N regions").orElse("1"),
            CliOption.flag(
                    "--flow-logs", "Take network flow logs from clients that reach this server as log.tailscale.com"),
            CliOption.flag("--stop-when-ready", "End in order once everything has started"),
        };
    }

    /** The directory of {@code --data}, for all commands of {@code dev}. */
    static Path data(Invocation call) {
        return (call.has("--data")
                        ? Path.of(call.text("--data"))
                        : Path.of(System.getProperty("user.home"), ".fleetscale"))
                .toAbsolutePath()
                .normalize();
    }

    private static int count(String text) {
        return text.matches("[1-9][0-9]?") ? Integer.parseInt(text) : 0;
    }

    private static int relays(String text) {
        return text.matches("[0-9]{1,2}") ? Integer.parseInt(text) : -1;
    }

    /** Where relays answer STUN; port 0 is any free one. */
    HostPort stun(String host) {
        return stunListen == null ? new HostPort(host, relays > 1 ? 0 : STUN_PORT) : HostPort.parse(stunListen);
    }

    static DevOptions of(Invocation call) {
        return new DevOptions(
                data(call),
                call.has("--listen") ? call.text("--listen") : LISTEN,
                call.has("--grpc-listen") ? call.text("--grpc-listen") : GRPC_LISTEN,
                call.has("--metrics-listen") ? call.text("--metrics-listen") : METRICS_LISTEN,
                call.has("--stun-listen") ? call.text("--stun-listen") : null,
                call.has("--server-url") ? call.text("--server-url") : null,
                call.has("--base-domain") ? call.text("--base-domain") : BASE_DOMAIN,
                call.has("--ready-file") ? Path.of(call.text("--ready-file")).toAbsolutePath() : null,
                call.has("--log-level") ? call.text("--log-level") : LOG_LEVEL,
                call.flag("--flow-logs"),
                call.flag("--stop-when-ready"),
                call.has("--instances") ? count(call.text("--instances")) : 1,
                call.has("--relays") ? relays(call.text("--relays")) : 0,
                call.has("--regions") ? count(call.text("--regions")) : 1);
    }

    /** One line for each option that cannot be used, with what to write instead. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (instances < 1 || instances > MAX_INSTANCES) {
            problems.add("--instances: write a number, 1 to " + MAX_INSTANCES);
        }
        if (relays < 0 || relays > MAX_RELAYS) {
            problems.add("--relays: write a number, 0 to " + MAX_RELAYS);
        }
        if (regions < 1 || regions > Math.max(1, relays)) {
            problems.add("--regions: write a number, 1 to that of --relays");
        }
        checkAddress(problems, "--listen", listen);
        checkAddress(problems, "--grpc-listen", grpcListen);
        checkAddress(problems, "--metrics-listen", metricsListen);
        if (stunListen != null && checkAddress(problems, "--stun-listen", stunListen) && relays > 1) {
            if (HostPort.parse(stunListen).port() != 0) {
                problems.add("--stun-listen " + stunListen + ": several relays cannot share a port; write port 0");
            }
        }
        if (serverUrl != null) {
            checkUrl(problems, serverUrl);
        }
        if (!baseDomain.matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")) {
            problems.add(
                    "--base-domain " + baseDomain + ": not a domain; write lower-case labels with dots between them");
        }
        if (!LOG_LEVELS.contains(logLevel)) {
            problems.add("--log-level " + logLevel + ": write trace, debug, info, warn or error");
        }
        return problems;
    }

    private static boolean checkAddress(List<String> problems, String option, String value) {
        try {
            HostPort.parse(value);
            return true;
        } catch (IllegalArgumentException e) {
            problems.add(option + " " + value + ": " + e.getMessage() + "; write HOST:PORT, for example " + LISTEN);
            return false;
        }
    }

    private static void checkUrl(List<String> problems, String value) {
        try {
            URI url = new URI(value);
            boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            boolean rootPath = url.getPath() == null
                    || url.getPath().isEmpty()
                    || url.getPath().equals("/");
            if (web && url.getHost() != null && rootPath) {
                return;
            }
        } catch (URISyntaxException e) {
            // reported below, as any other text that is no address of a server
        }
        problems.add("--server-url " + value + ": write http://HOST[:PORT] or https://HOST[:PORT] without a path");
    }
}
