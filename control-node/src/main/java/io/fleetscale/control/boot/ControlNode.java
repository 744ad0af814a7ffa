package io.fleetscale.control.boot;

import io.fleetscale.config.ListenAddress;
import io.fleetscale.config.PolicyConfig;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.access.JdbcPolicyHistory;
import io.fleetscale.control.access.Policies;
import io.fleetscale.control.access.PolicyExamination;
import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.PolicyQuestions;
import io.fleetscale.control.access.PolicyRouteApprovers;
import io.fleetscale.control.access.PolicySource;
import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.apikey.ApiKeys;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.PostgresChangelog;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.debug.DebugPages;
import io.fleetscale.control.derpmap.DerpMapUpdates;
import io.fleetscale.control.derpmap.DerpMaps;
import io.fleetscale.control.device.ClientAttributes;
import io.fleetscale.control.device.IdentityCollector;
import io.fleetscale.control.device.PostureAttributes;
import io.fleetscale.control.frontdoor.FrontDoor;
import io.fleetscale.control.frontdoor.FrontDoorConfig;
import io.fleetscale.control.instance.InstanceReport;
import io.fleetscale.control.instance.InstanceState;
import io.fleetscale.control.instance.LeaseState;
import io.fleetscale.control.nodecall.NodeCalls;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyLanguage;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.registration.RegisterRpc;
import io.fleetscale.control.route.RoutingChangelog;
import io.fleetscale.control.session.GridPingExchange;
import io.fleetscale.control.session.HostReports;
import io.fleetscale.control.session.MapService;
import io.fleetscale.control.session.PingTokens;
import io.fleetscale.control.session.Pings;
import io.fleetscale.control.setting.SettingImport;
import io.fleetscale.control.ssh.SshActionRpc;
import io.fleetscale.control.ssh.SshChecks;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.user.Users;
import io.fleetscale.control.vipservice.HostingChangelog;
import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.Reloads;
import io.fleetscale.runtime.acme.AcmeCertificates;
import io.fleetscale.runtime.metrics.Metrics;
import io.fleetscale.runtime.metrics.MonitoringServer;
import io.fleetscale.runtime.metrics.Readiness;
import io.fleetscale.runtime.net.HostPort;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.runtime.tls.TlsOffer;
import io.fleetscale.wire.key.NodeKey;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One instance of the control server: what it is made of, and the order in which the parts start and stop. Built and started
 * by one thread; {@link #stop} may come from another.
 */
final class ControlNode {
    private static final Logger LOG = LoggerFactory.getLogger(ControlNode.class);
    /** How long a part may take to stop. */
    static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    private static final Duration START_LIMIT = Duration.ofSeconds(20);

    private final ServerConfig config;
    private final DatabaseConfig databaseConfig;
    private final StatePaths paths;
    private final InstanceGrid instanceGrid;
    private final ListenerCertificates certificates;
    private final Reloads reloads = new Reloads();
    private final InstantSource clock = InstantSource.system();
    private final SecureRandom random = new SecureRandom();
    private final Lifecycle lifecycle = new Lifecycle();
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final LiveSettings settings;

    private volatile Supplier<Optional<String>> policyProblem = Optional::empty;
    private volatile @Nullable ClusterMember cluster;
    private volatile Readiness readiness = Readiness.of(Readiness.State.STARTING, "starting");

    /** @param instanceGrid the grid, whose start may be under way already */
    ControlNode(
            ServerConfig config,
            DatabaseConfig databaseConfig,
            StatePaths paths,
            InstanceGrid instanceGrid,
            ListenerCertificates certificates) {
        this.config = config;
        this.databaseConfig = databaseConfig;
        this.paths = paths;
        this.instanceGrid = instanceGrid;
        this.certificates = certificates;
        this.settings = new LiveSettings(config);
    }

    /** What callers need of a node that runs. */
    record Running(
            InetSocketAddress control,
            int grpcPort,
            Optional<InetSocketAddress> metrics,
            String serverUrl,
            Changelog changelog,
            Users users,
            ApiKeys apiKeys,
            PreAuthKeys preAuthKeys) {}

    /**
     * Starts everything; what had started is stopped again when a part fails.
     *
     * @throws Exception with a message for people
     */
    Running start() throws Exception {
        Metrics metrics =
                Metrics.ofProcess("control-node", BuildInfo.ofProgram().version());
        lifecycle.add("metrics registry", () -> {}, metrics::close, STOP_LIMIT);
        Transport transport = Transport.best("shared", 2);
        lifecycle.add("transport", () -> {}, transport::close, STOP_LIMIT);
        MonitoringServer monitoring = new MonitoringServer(
                metricsAddresses(config.listen().metrics()), transport, metrics.registry(), this::readinessNow);
        if (!config.listen().metrics().isEmpty()) {
            lifecycle.add("metrics listener", monitoring::start, monitoring::close, STOP_LIMIT);
        }
        lifecycle.start();
        try {
            return startNode(metrics, transport, monitoring);
        } catch (Exception e) {
            lifecycle.stop();
            throw e;
        }
    }

    private Running startNode(Metrics metrics, Transport transport, MonitoringServer monitoring) throws Exception {
        Storage storage = Storage.start(
                lifecycle,
                config,
                databaseConfig,
                paths,
                instanceGrid,
                metrics,
                clock,
                this::leaseChanged,
                this::report);
        PostgresChangelog changelog = storage.changelog();
        PolicyLanguage language = new PolicyLanguage(config.policy().features());
        PolicyInForce policy =
                new PolicyInForce(new JdbcPolicyHistory(storage.database().writeSource()), language);
        String serverUrl = config.listen().serverUrlBase();
        // clients call only https addresses inside Noise, whatever the server's own is; Source: control-protocol 3.3
        String noiseUrl = "https://" + URI.create(serverUrl).getAuthority();
        ServerEnvironment environment =
                new ServerEnvironment(noiseUrl, config.clientFeatures(), ServiceSide.isOn(config.policy()));
        HostingChangelog routed = ServiceSide.over(
                new RoutingChangelog(changelog, new PolicyRouteApprovers(policy)), policy, config.policy());
        Policies policies = new Policies(routed, policySource(), new PolicyExamination(environment), language);
        boolean unused = policies.importFile(false).get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        if (policySource() instanceof PolicySource.InFile) {
            reloads.add("policy file", () -> policies.importFile(true).get(START_LIMIT.toSeconds(), TimeUnit.SECONDS));
        }
        int settled = routed.settle().get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        LOG.atDebug().addKeyValue("nodes", settled).log("services settled");
        // here and not first where netmaps are made: a start without any policy that can be read must fail
        PolicyDocument inForce = policy.of(changelog.image());
        LOG.atDebug().addKeyValue("allow_all", inForce.allowAll()).log("policy read");
        EmbeddedDerp derp = startRelay(changelog, metrics);
        FlowLogSide flowLogs = FlowLogSide.over(lifecycle, config.flowLogs(), storage, changelog, clock);
        flowLogs.bindTo(metrics.registry());
        NodeStreams streams = NodeStreams.start(
                lifecycle,
                storage,
                config,
                PolicyCompiler.of(policy::of, environment),
                flowLogs.ids(),
                NodeCertificates.zone(config),
                blocking,
                clock,
                random);
        ClusterMember member = ClusterMember.start(lifecycle, storage, streams, random);
        cluster = member;
        Features features =
                Features.over(storage, routed, policy, policies, serverUrl, config.tuning(), blocking, clock, random);
        TailscaleSide tailscale = TailscaleSide.over(
                lifecycle,
                member.watch()::isElected,
                storage,
                routed,
                features,
                streams,
                environment,
                config,
                flowLogs,
                clock,
                random);
        RelaySide relays =
                RelaySide.start(lifecycle, config.derp(), storage, reloads, member.watch()::isElected, random);
        AdminApi api = new AdminApi(
                Stream.of(
                                features.administration(
                                        storage,
                                        streams::presenceOf,
                                        new PolicyQuestions(changelog, policy, environment, language)),
                                tailscale.services(),
                                List.of(relays.service(), member.service(changelog)))
                        .flatMap(List::stream)
                        .toList(),
                features.credentials(),
                config.listen(),
                config.api(),
                tailscale::local,
                certificates.grpc(),
                transport);
        SshChecks checks = features.sshChecks(storage, streams.netmaps(), serverUrl, noiseUrl, clock, random);
        PeopleLogin people = PeopleLogin.start(
                lifecycle, config.oidc(), serverUrl, storage, features, checks, tailscale.consents(), clock, random);
        Pings pings = new Pings(
                streams.sessions(),
                new GridPingExchange(storage.grid().cache(InstanceGrid.CALLS), blocking),
                node -> streams.presence().get(node).online(),
                noiseUrl,
                new PingTokens(storage.keys().secretMac(), clock, random));
        pings.start();
        IdentityChore identities = new IdentityChore(
                new IdentityCollector(
                        changelog,
                        pings::c2n,
                        node -> streams.presence().get(node).online(),
                        clock),
                member.watch()::isElected);
        lifecycle.add("posture identities", identities::start, identities::close, STOP_LIMIT);
        AcmeCertificates acme =
                TlsSources.start(lifecycle, config, certificates, reloads, storage, transport, clock, random);
        HostReports reports =
                ServiceSide.asking(lifecycle, HostReports.of(features.nodes()), routed, pings, config.policy());
        FrontDoor frontDoor = frontDoor(
                storage, streams, features, reports, api, tailscale, relays, people, pings, checks, derp, acme,
                metrics);
        member.servesAt(frontDoor);
        lifecycle.add("api", api::start, api::close, STOP_LIMIT);
        lifecycle.add("control listener", frontDoor::start, frontDoor::close, STOP_LIMIT);
        // ended before the connections are closed: a stream that this instance ends keeps its node online for longer
        lifecycle.add("map streams", () -> {}, streams.sessions()::endAll, STOP_LIMIT);
        if (derp != null) {
            lifecycle.add("STUN", derp::startStun, derp::stopStun, STOP_LIMIT);
        }
        lifecycle.start();

        InetSocketAddress control = frontDoor.addresses().getFirst();
        startSettings(
                storage,
                streams,
                features,
                member,
                settings.derpMaps(
                        derp,
                        control,
                        certificates.showRelayCertificate(config.listen().isServerUrlSecure())));
        OldRows.start(
                lifecycle,
                config.retention(),
                storage.database(),
                flowLogs.log(),
                member.watch()::isElected,
                metrics,
                clock);
        Routers.follow(lifecycle, member.watch()::isElected, streams, routed, pings, config.node());
        lifecycle.start();
        PolicyMeters policyMeters = new PolicyMeters(changelog, policy, streams.netmaps());
        policyMeters.bindTo(metrics.registry());
        policyProblem = policyMeters::problem;
        new KeyAge(paths.encryptionKey(), clock).bindTo(metrics.registry());
        CertificateMeters.of(config.cluster().tls(), certificates, clock).bindTo(metrics.registry());
        new ControlMeters(changelog, streams.netmaps(), streams.sessions(), streams.gate(), streams.presence())
                .bindTo(metrics.registry());
        new DebugPages(
                        config,
                        streams.netmaps()::state,
                        streams::presenceOf,
                        streams.sessions()::isAttached,
                        features.logins(),
                        pings,
                        clock)
                .register(monitoring);
        readiness = readinessOf(storage.lease().state(), storage.database());
        return new Running(
                control,
                api.grpcPort(),
                monitoring.addresses().stream().findFirst(),
                serverUrl,
                changelog,
                features.users(),
                features.apiKeys(),
                features.preAuthKeys());
    }

    /** The relay behind the control listener; STUN follows when that listens. */
    private @Nullable EmbeddedDerp startRelay(Changelog changelog, Metrics metrics) throws Exception {
        if (!config.derp().relay().enabled()) {
            return null;
        }
        EmbeddedDerp derp = EmbeddedDerp.create(
                config.derp().relay(),
                paths,
                config.listen().serverHost(),
                (node, source) -> CompletableFuture.completedFuture(
                        mayRelay(changelog.image(), node) ? Verdict.ADMITTED : Verdict.REFUSED),
                metrics.registry(),
                clock);
        lifecycle.add("relay", () -> {}, derp::close, STOP_LIMIT);
        lifecycle.start();
        return derp;
    }

    private FrontDoor frontDoor(
            Storage storage,
            NodeStreams streams,
            Features features,
            HostReports reports,
            AdminApi api,
            TailscaleSide tailscale,
            RelaySide relays,
            PeopleLogin people,
            Pings pings,
            SshChecks checks,
            @Nullable EmbeddedDerp derp,
            @Nullable AcmeCertificates acme,
            Metrics metrics)
            throws IOException {
        Changelog changelog = storage.changelog();
        String serverUrl = config.listen().serverUrlBase();
        NodeCalls calls = new NodeCalls(
                changelog,
                new RegisterRpc(features.registration()),
                new MapService(
                        changelog,
                        streams.netmaps(),
                        streams.feed(),
                        streams.presences(),
                        reports,
                        streams.sessions(),
                        streams.gate(),
                        () -> fencedFor() == null),
                pings,
                new SshActionRpc(checks),
                new ClientAttributes(
                        changelog,
                        new PostureAttributes(changelog),
                        config.api().clientAttributes()),
                NodeCertificates.call(config, changelog, clock, random));
        SslContext serverTls = certificates.control();
        SslContext relayTls = derp == null ? null : derp.tls();
        TlsOffer tls = TlsSources.offer(Optional.ofNullable(serverTls == null ? relayTls : serverTls), acme);
        return new FrontDoor(
                FrontDoorConfig.listeningOn(config.listen().control().stream()
                                .map(ListenAddress::toSocketAddress)
                                .toList())
                        .withTrustedProxies(config.listen().trustedProxies())
                        .withAdmitting(() -> fencedFor() == null && !isEmptying())
                        .withGrpcAddress(
                                () -> api.grpcPort() > 0 ? config.listen().serverHost() + ":" + api.grpcPort() : ""),
                storage.keys().noiseKey(),
                PublicSide.routes(
                        storage,
                        api,
                        tailscale,
                        relays,
                        people,
                        serverUrl,
                        key -> mayRelay(changelog.image(), key),
                        derp == null ? Optional.empty() : Optional.of(settings::bootstrapNames)),
                calls.routes(),
                derp == null ? Optional.empty() : Optional.of(derp.relay()::upgrade),
                tls,
                metrics.registry(),
                System::nanoTime);
    }

    /** What SIGHUP reads again. */
    Reloads reloads() {
        return reloads;
    }

    /** Imports the settings, then keeps them and what goes by the clock up to date. */
    private void startSettings(
            Storage storage, NodeStreams streams, Features features, ClusterMember member, DerpMaps derpMaps)
            throws Exception {
        PostgresChangelog changelog = storage.changelog();
        settings.load(derpMaps, LiveSettings.storedDerpMap(changelog.image()));
        settings.addTo(reloads, derpMaps, () -> LiveSettings.storedDerpMap(changelog.image()));
        lifecycle.add("reloads", () -> {}, reloads::close, STOP_LIMIT);
        SettingImport imports = new SettingImport(changelog);
        // another instance's configuration is not reverted by one that starts with an older file
        if (member.watch().isElected() || changelog.image().settings().isEmpty()) {
            List<String> unused = imports.run(settings.now()).get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
        Singletons singletons = new Singletons(
                changelog,
                features.nodes(),
                streams.presence(),
                imports,
                settings::now,
                member.watch()::isElected,
                clock);
        lifecycle.add("singletons", singletons::start, singletons::close, STOP_LIMIT);
        if (config.derp().autoUpdate()) {
            DerpMapUpdates updates = new DerpMapUpdates(
                    derpMaps,
                    () -> LiveSettings.storedDerpMap(changelog.image()),
                    settings::setDerpMap,
                    config.derp().updateFrequency());
            lifecycle.add("DERP map updates", updates::start, updates::close, STOP_LIMIT);
        }
        lifecycle.start();
    }

    /** Stops all parts in the opposite order, each in bounded time. */
    Lifecycle.End stop() {
        readiness = Readiness.of(Readiness.State.DRAINING, "stopping");
        Lifecycle.End end = lifecycle.stop();
        blocking.shutdownNow();
        return end;
    }

    private PolicySource policySource() {
        Path path = config.policy().path();
        if (config.policy().mode() == PolicyConfig.Mode.DATABASE) {
            return new PolicySource.InDatabase();
        }
        return path == null ? new PolicySource.Nowhere() : new PolicySource.InFile(path);
    }

    private boolean mayRelay(TailnetImage image, NodeKey node) {
        return !config.derp().relay().verifyClients() || image.nodeByKey(node) != null;
    }

    /** The readiness, with a policy that cannot be used among the reasons. */
    private Readiness readinessNow() {
        Readiness now = inCluster(readiness);
        return policyProblem
                .get()
                .map(problem -> new Readiness(
                        now.state(),
                        Stream.concat(now.reasons().stream(), Stream.of(problem))
                                .toList()))
                .orElse(now);
    }

    /** A start says itself when it is over. */
    private void leaseChanged(LeaseState state, Database database) {
        if (readiness.state() != Readiness.State.STARTING) {
            readiness = readinessOf(state, database);
        }
    }

    /** What the instance's place in the cluster makes of its readiness. */
    private Readiness inCluster(Readiness now) {
        ClusterMember member = cluster;
        if (member == null || now.state() == Readiness.State.STARTING) {
            return now;
        }
        String reason = member.watch().fencedFor();
        if (reason != null) {
            return Readiness.of(Readiness.State.FENCED, reason);
        }
        return member.isDraining() ? Readiness.of(Readiness.State.DRAINING, "its sessions move to others") : now;
    }

    private boolean isEmptying() {
        ClusterMember member = cluster;
        return member != null && member.isEmptying();
    }

    private @Nullable String fencedFor() {
        ClusterMember member = cluster;
        return member == null ? null : member.watch().fencedFor();
    }

    /** What this instance writes of itself into its row. */
    private InstanceReport report(long applied) {
        Readiness now = readinessNow();
        ClusterMember member = cluster;
        return new InstanceReport(
                switch (now.state()) {
                    case READY -> InstanceState.READY;
                    case DEGRADED -> InstanceState.DEGRADED;
                    case DRAINING -> InstanceState.DRAINING;
                    case STARTING -> InstanceState.STARTING;
                    case FENCED -> InstanceState.FENCED;
                },
                String.join("; ", now.reasons()),
                member == null ? "" : member.watch().lastFenced(),
                member == null ? 0 : member.nodes().size(),
                applied);
    }

    /** Gives the sessions to other instances before {@link #stop}; returns at once when there is none. */
    void drain() throws InterruptedException {
        ClusterMember member = cluster;
        if (member != null) {
            member.drainBeforeStop(config.cluster().drainTimeout());
        }
    }

    private static Readiness readinessOf(LeaseState state, Database database) {
        return switch (state) {
            case HELD ->
                database.circuit().isOpen()
                        ? Readiness.of(Readiness.State.DEGRADED, "the database does not answer: writes are refused")
                        : Readiness.READY;
            case EXPIRED -> Readiness.of(Readiness.State.DEGRADED, "the lease cannot be renewed: writes are refused");
            case SUSPENDED -> Readiness.of(Readiness.State.FENCED, "this instance is not in its cluster");
            case SUPERSEDED -> Readiness.of(Readiness.State.FENCED, "another instance of this name took over");
        };
    }

    private static List<HostPort> metricsAddresses(List<ListenAddress> addresses) {
        return addresses.stream()
                .map(address -> new HostPort(address.host(), address.port()))
                .toList();
    }
}
