package io.fleetscale.control.boot;

import io.fleetscale.config.ApiConfig;
import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.config.ClusterConfig;
import io.fleetscale.config.DerpConfig;
import io.fleetscale.config.DnsConfig;
import io.fleetscale.config.FlowLogConfig;
import io.fleetscale.config.KeysConfig;
import io.fleetscale.config.ListenAddress;
import io.fleetscale.config.ListenConfig;
import io.fleetscale.config.LogConfig;
import io.fleetscale.config.PolicyConfig;
import io.fleetscale.config.PrefixConfig;
import io.fleetscale.config.RelayConfig;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.CliOption;
import io.fleetscale.control.cli.Invocation;
import io.fleetscale.control.database.embedded.DataDirectoryLock;
import io.fleetscale.control.database.embedded.EmbeddedPostgres;
import io.fleetscale.control.derpmap.RelayMembers;
import io.fleetscale.control.dev.DevCluster;
import io.fleetscale.control.dev.DevRelays;
import io.fleetscale.control.dev.StartRequests;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.StopSignals;
import io.fleetscale.runtime.logging.Logging;
import io.fleetscale.runtime.net.FreePorts;
import io.fleetscale.runtime.net.HostPort;
import io.fleetscale.runtime.tls.CertificateAuthority;
import io.fleetscale.runtime.tls.CertifiedKey;
import io.fleetscale.runtime.tls.ReloadableKey;
import io.fleetscale.runtime.tls.ServerTls;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;

/** {@code fleetscale dev}: a whole server on one machine, with a database of its own, for trying and for tests. */
final class DevCommand {
    private static final int USAGE = 2;
    private static final int FAILED = 1;
    private static final int RELAY_REGION = 999;

    private DevCommand() {}

    static CliCommand command() {
        return CliCommand.of("dev", "Run a whole server on this machine, with a database of its own, to try it")
                .option(DevOptions.declared())
                .run(DevCommand::run)
                .command(CliCommand.of("start", "Start an instance, or another process, of a cluster that was killed")
                        .argument("NAME")
                        .option(CliOption.text("--data", "DIR", "Directory of the running dev")
                                .orElse("~/.fleetscale"))
                        .example("control-2 --data /tmp/try")
                        .run(DevCommand::start));
    }

    private static int start(Invocation call) {
        if (call.arguments().size() != 1) {
            call.err().println("Error: name one process, such as control-2");
            return USAGE;
        }
        try {
            String name = call.arguments().getFirst();
            long pid = StartRequests.start(DevOptions.data(call), name);
            call.out().println(name + " runs as process " + pid);
            return 0;
        } catch (IOException e) {
            call.err().println("Error: " + e.getMessage());
            return FAILED;
        }
    }

    private static int run(Invocation call) {
        DevOptions options = DevOptions.of(call);
        List<String> problems = options.problems();
        if (!problems.isEmpty()) {
            problems.forEach(problem -> call.err().println("Error: " + problem));
            return USAGE;
        }
        try (AutoCloseable _ = Logging.start(logging(options));
                DataDirectoryLock _ = DataDirectoryLock.take(options.data())) {
            requireFree("--listen", options.listen());
            if (options.instances() > 1) {
                return DevClusterRun.run(options, call.out());
            }
            requireFree("--grpc-listen", options.grpcListen());
            requireFree("--metrics-listen", options.metricsListen());
            return serve(options, call.out());
        } catch (Exception e) {
            call.err().println("Error: " + StartFailure.describe(e));
            return FAILED;
        }
    }

    private static int serve(DevOptions options, PrintStream out) throws Exception {
        InstantSource clock = InstantSource.system();
        Lifecycle lifecycle = new Lifecycle();
        new StopSignals(lifecycle).install();
        StatePaths paths = StatePaths.below(options.data());
        ServerConfig config = configuration(options, paths);
        InstanceGrid grid = InstanceGrid.alone(
                config.cluster().instance(), BuildInfo.ofProgram().numbers(), paths.gridWork());
        EmbeddedPostgres postgres = new EmbeddedPostgres(options.data().resolve("postgres"));
        Path caDirectory = options.data().resolve("ca");
        try {
            ControlNode node = new ControlNode(
                    config,
                    postgres.start(),
                    paths,
                    grid,
                    ListenerCertificates.grpcOnly(grpcTls(caDirectory, config.listen(), clock)));
            try (DevRelayRun relays =
                    options.relays() == 0 ? null : DevRelayRun.launch(relayPlan(options, config.listen()))) {
                ControlNode.Running running = node.start();
                node.reloads().install();
                List<DevRelays.Relay> started = relays == null
                        ? List.of()
                        : relays.awaitServing(config.listen().unixSocket());
                if (relays == null
                        && !RelayMembers.of(running.changelog().image())
                                .members()
                                .isEmpty()) {
                    DevRelayRun.settle(config.listen().unixSocket(), started);
                }
                DevCredentials credentials = DevCredentials.ensure(
                        options.data().resolve("credentials.json"),
                        running.changelog().image(),
                        running.users(),
                        running.apiKeys(),
                        running.preAuthKeys(),
                        clock.instant());
                ReadyFile ready = new ReadyFile(
                        running.serverUrl(),
                        shown(config.listen().grpc().getFirst(), running.grpcPort()),
                        running.metrics().map(DevCommand::text).orElse(""),
                        config.listen().unixSocket(),
                        caDirectory.resolve(CertificateAuthority.CERTIFICATE_FILE),
                        credentials.apiKey(),
                        credentials.preAuthKey(),
                        credentials.user(),
                        ProcessHandle.current().pid(),
                        config.cluster().instance(),
                        List.of(new DevCluster.Instance(
                                config.cluster().instance(),
                                running.serverUrl(),
                                shown(config.listen().grpc().getFirst(), running.grpcPort()),
                                running.metrics().map(DevCommand::text).orElse(""),
                                ProcessHandle.current().pid())),
                        started);
                Banner.print(out, ready, options.data());
                if (options.readyFile() != null) {
                    ready.write(options.readyFile());
                }
                if (options.stopWhenReady()) {
                    lifecycle.requestStop("--stop-when-ready");
                }
                String unused = lifecycle.awaitStopRequest();
            } finally {
                Lifecycle.End unused = node.stop();
            }
        } finally {
            grid.close();
            postgres.close();
        }
        return 0;
    }

    private static DevRelays.Plan relayPlan(DevOptions options, ListenConfig listen) throws SocketException {
        ListenAddress control = listen.control().getFirst();
        HostPort address = new HostPort(control.host(), control.port());
        String host = address.isEverywhere() ? addressForOthers() : address.host();
        return new DevRelays.Plan(
                options.data(),
                List.of("http://" + new HostPort(host, address.port())),
                host,
                options.stun(address.host()),
                options.relays(),
                options.regions());
    }

    private static ServerConfig configuration(DevOptions options, StatePaths paths) throws IOException {
        HostPort listen = HostPort.parse(options.listen());
        int port = listen.port() == 0 ? freePort(listen) : listen.port();
        String host = listen.isEverywhere() ? addressForOthers() : listen.host();
        String shownHost = host.contains(":") ? "[" + host + "]" : host;
        String serverUrl = options.serverUrl() == null ? "http://" + shownHost + ":" + port : options.serverUrl();
        return ServerConfig.builder()
                .listen(ListenConfig.defaults().toBuilder()
                        .serverUrl(serverUrl)
                        .control(List.of(new ListenAddress(listen.host(), port)))
                        .metrics(List.of(address(HostPort.parse(options.metricsListen()))))
                        .grpc(List.of(address(HostPort.parse(options.grpcListen()))))
                        .unixSocket(options.data().resolve("fleetscale.sock"))
                        .build())
                .keys(new KeysConfig(paths.noiseKey(), null))
                .prefixes(PrefixConfig.standard())
                .dns(DnsConfig.defaults().toBuilder()
                        .baseDomain(options.baseDomain())
                        .overrideLocalDns(false)
                        .build())
                .derp(
                        options.relays() > 0
                                ? DerpConfig.defaults().withRelayTokenPath(DevRelays.token(options.data()))
                                : DerpConfig.of(embeddedRelay(options.stun(listen.host()), paths)))
                .api(ApiConfig.defaults().allowingPrivateDestinations())
                .flowLogs(FlowLogConfig.defaults().withEnabled(options.flowLogs()))
                .policy(new PolicyConfig(PolicyConfig.Mode.DATABASE, null))
                .clientFeatures(ClientFeatureConfig.defaults())
                .log(logging(options))
                .cluster(ClusterConfig.defaults().withInstance("dev"))
                .build();
    }

    private static RelayConfig embeddedRelay(HostPort stun, StatePaths paths) {
        return RelayConfig.defaults().toBuilder()
                .enabled(true)
                .region(RELAY_REGION, "dev", "Fleetscale dev relay")
                .stun(address(stun))
                .privateKeyPath(paths.relayKey())
                .build();
    }

    private static LogConfig logging(DevOptions options) {
        return new LogConfig(
                LogConfig.Level.valueOf(options.logLevel().toUpperCase(Locale.ROOT)),
                LogConfig.defaults().format());
    }

    /** The authority is made once and stays; the certificate is made anew, for the address of this start. */
    private static SslContext grpcTls(Path directory, ListenConfig listen, InstantSource clock)
            throws IOException, GeneralSecurityException {
        CertificateAuthority authority = CertificateAuthority.in(directory, clock);
        String host = listen.grpc().getFirst().host().isEmpty()
                ? "localhost"
                : listen.grpc().getFirst().host();
        CertifiedKey key = authority.issueFiles(
                directory, "grpc", List.of(host, "localhost", "127.0.0.1", "::1", listen.serverHost()));
        return ServerTls.context(new ReloadableKey(key), List.of("h2"));
    }

    /** Says so before a database is made and started; the listeners themselves are bound later. */
    private static void requireFree(String option, String address) throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(HostPort.parse(address).resolve());
        } catch (BindException failed) {
            throw new IOException(
                    option + " " + address + " cannot be listened on: " + failed.getMessage()
                            + "; stop what listens there, or choose another address",
                    failed);
        }
    }

    /** A port that is free now: the URL, and so the DERP map, must be known before the listener is bound. */
    static int freePort(HostPort listen) throws IOException {
        return FreePorts.tcp(listen.resolve().getAddress(), 1)[0];
    }

    /** What other machines can reach this one by, where it listens everywhere; loopback where there is no network. */
    static String addressForOthers() throws SocketException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .filter(Inet4Address.class::isInstance)
                .map(InetAddress::getHostAddress)
                .findFirst()
                .orElse("127.0.0.1");
    }

    private static ListenAddress address(HostPort hostPort) {
        return new ListenAddress(hostPort.host(), hostPort.port());
    }

    private static String shown(ListenAddress configured, int port) {
        return new HostPort(configured.host(), port).toString();
    }

    private static String text(InetSocketAddress address) {
        return new HostPort(address.getAddress().getHostAddress(), address.getPort()).toString();
    }
}
