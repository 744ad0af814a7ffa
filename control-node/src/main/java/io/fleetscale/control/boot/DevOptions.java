package io.fleetscale.control.boot;

import io.fleetscale.runtime.net.HostPort;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code fleetscale dev}; texts until {@link #problems} found nothing wrong with them. */
final class DevOptions {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Directory of everything that is kept (default: ~/.fleetscale).")
    @Nullable
    Path data;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8080",
            description = "Control listener: clients, API, relay (default: ${DEFAULT-VALUE}; port 0 = any free one).")
    String listen = "127.0.0.1:8080";

    @Option(
            names = "--grpc-listen",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:50443",
            description = "gRPC listener, TLS (default: ${DEFAULT-VALUE}).")
    String grpcListen = "127.0.0.1:50443";

    @Option(
            names = "--metrics-listen",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:9090",
            description = "Metrics, /livez and /readyz (default: ${DEFAULT-VALUE}).")
    String metricsListen = "127.0.0.1:9090";

    @Option(
            names = "--stun-listen",
            paramLabel = "HOST:PORT",
            description = "STUN over UDP (default: port 3478 of the control listener's address).")
    @Nullable
    String stunListen;

    @Option(
            names = "--server-url",
            paramLabel = "URL",
            description = "How clients reach the server (default: http:// and the control listener).")
    @Nullable
    String serverUrl;

    @Option(
            names = "--base-domain",
            paramLabel = "DOMAIN",
            defaultValue = "tailnet.internal",
            description = "Domain of the nodes' names (default: ${DEFAULT-VALUE}).")
    String baseDomain = "tailnet.internal";

    @Option(
            names = "--ready-file",
            paramLabel = "FILE",
            description = "Written, as JSON, when the server is ready: addresses, keys, pid.")
    @Nullable
    Path readyFile;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "info",
            description = "trace, debug, info, warn or error (default: ${DEFAULT-VALUE}).")
    String logLevel = "info";

    @Option(names = "--stop-when-ready", hidden = true, description = "Ends in order once everything has started.")
    boolean stopWhenReady;

    /** One line for each option that cannot be used, with what to write instead. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        checkAddress(problems, "--listen", listen);
        checkAddress(problems, "--grpc-listen", grpcListen);
        checkAddress(problems, "--metrics-listen", metricsListen);
        if (stunListen != null) {
            checkAddress(problems, "--stun-listen", stunListen);
        }
        if (serverUrl != null) {
            checkUrl(problems, serverUrl);
        }
        if (!baseDomain.matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")) {
            problems.add("--base-domain " + baseDomain + ": not a domain; write lower-case labels with dots between them");
        }
        return problems;
    }

    Path dataDirectory() {
        return (data == null ? Path.of(System.getProperty("user.home"), ".fleetscale") : data)
                .toAbsolutePath()
                .normalize();
    }

    private static void checkAddress(List<String> problems, String option, String value) {
        try {
            HostPort.parse(value);
        } catch (IllegalArgumentException e) {
            problems.add(option + " " + value + ": " + e.getMessage() + "; write HOST:PORT, for example 127.0.0.1:8080");
        }
    }

    private static void checkUrl(List<String> problems, String value) {
        try {
            URI url = new URI(value);
            boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            boolean rootPath = url.getPath() == null || url.getPath().isEmpty() || url.getPath().equals("/");
            if (web && url.getHost() != null && rootPath) {
                return;
            }
        } catch (URISyntaxException e) {
            // reported below, as any other text that is no address of a server
        }
        problems.add("--server-url " + value + ": write http://HOST[:PORT] or https://HOST[:PORT] without a path");
    }
}
