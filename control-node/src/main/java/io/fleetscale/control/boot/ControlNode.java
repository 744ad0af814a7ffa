package io.fleetscale.control.boot;

import io.fleetscale.config.ListenAddress;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.api.credential.FailedAttempts;
import io.fleetscale.control.api.headscale.HeadscaleService;
import io.fleetscale.control.api.headscale.NodePresenceView;
import io.fleetscale.control.apikey.ApiKeys;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.GridLogFanout;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.changelog.PostgresChangelog;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.derpmap.DerpMapSettings;
import io.fleetscale.control.derpmap.DerpMapUpdates;
import io.fleetscale.control.derpmap.DerpMaps;
import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.dns.ExtraRecordsFile;
import io.fleetscale.control.frontdoor.FrontDoor;
import io.fleetscale.control.frontdoor.FrontDoorConfig;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.frontdoor.page.PublicRoutes;
import io.fleetscale.control.instance.InstanceLease;
import io.fleetscale.control.instance.InstanceName;
import io.fleetscale.control.instance.LeaseState;
import io.fleetscale.control.login.GridLoginSignals;
import io.fleetscale.control.login.JdbcPendingLogins;
import io.fleetscale.control.login.LoginSignals;
import io.fleetscale.control.login.PendingLogins;
import io.fleetscale.control.login.RegisterPage;
import io.fleetscale.control.netmap.Encoder;
import io.fleetscale.control.netmap.MapFeed;
import io.fleetscale.control.netmap.MapMessages;
import io.fleetscale.control.netmap.Netmaps;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.nodecall.NodeCalls;
import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.presence.GraceTimes;
import io.fleetscale.control.presence.GridPresence;
import io.fleetscale.control.presence.GridSessions;
import io.fleetscale.control.presence.JdbcPresenceStore;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.presence.PresenceWriter;
import io.fleetscale.control.presence.Presences;
import io.fleetscale.control.registration.LoginApprovals;
import io.fleetscale.control.registration.RegisterRpc;
import io.fleetscale.control.registration.Registration;
import io.fleetscale.control.secret.KeyStorage;
import io.fleetscale.control.secret.ServerKeys;
import io.fleetscale.control.session.FirstMapGate;
import io.fleetscale.control.session.HostReports;
import io.fleetscale.control.session.MapService;
import io.fleetscale.control.session.MapSessions;
import io.fleetscale.control.session.Pings;
import io.fleetscale.control.setting.SettingImport;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.user.Users;
import io.fleetscale.grid.Grid;
import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.metrics.Metrics;
import io.fleetscale.runtime.metrics.MonitoringServer;
import io.fleetscale.runtime.metrics.Readiness;
import io.fleetscale.runtime.net.HostPort;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.DebugSettings;
import io.fleetscale.wire.tailcfg.DerpMap;
import io.netty.handler.ssl.SslContext;
import io.netty.util.HashedWheelTimer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
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
    private static final Duration START_LIMIT = Duration.ofSeconds(20);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(1);
    /** How long a newcomer without relay and disco key is kept from its peers. Source: control-protocol 12 no. 2. */
    private static final Duration NEWCOMER_HOLD = Duration.ofSeconds(1);

    private static final int FIRST_MAP_QUEUE = FirstMapGate.DEFAULT_QUEUE;
    private static final int HTTPS_PORT = 443;
    private static final String LOOPBACK = "127.0.0.1";

    private final ServerConfig config;
    private final DatabaseConfig databaseConfig;
    private final StatePaths paths;
    private final InstanceGrid instanceGrid;
    private final @Nullable SslContext serverTls;
    private final @Nullable SslContext grpcTls;
    private final InstantSource clock = InstantSource.system();
    private final SecureRandom random = new SecureRandom();
    private final Lifecycle lifecycle = new Lifecycle();
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();

    private volatile Readiness readiness = Readiness.of(Readiness.State.STARTING, "starting");
    private volatile Map<String, String> settings = Map.of();
    private final @Nullable ExtraRecordsFile extraRecordsFile;

    /**
     * @param instanceGrid the grid, whose start may be under way already
     * @param serverTls certificate of the main listener; null: plain HTTP, and TLS with the relay's own certificate
     * @param grpcTls for gRPC over TCP, offering h2; null: only plaintext, if the configuration allows it
     */
    ControlNode(
            ServerConfig config,
            DatabaseConfig databaseConfig,
            StatePaths paths,
            InstanceGrid instanceGrid,
            @Nullable SslContext serverTls,
            @Nullable SslContext grpcTls) {
        this.config = config;
        this.databaseConfig = databaseConfig;
        this.paths = paths;
        this.instanceGrid = instanceGrid;
        this.serverTls = serverTls;
        this.grpcTls = grpcTls;
        Path extraRecords = config.dns().extraRecordsPath();
        this.extraRecordsFile = extraRecords == null ? null : new ExtraRecordsFile(extraRecords);
    }

    /** What callers need of a node that runs. */
    record Running(
            InetSocketAddress control,
            int grpcPort,
            InetSocketAddress metrics,
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
                metricsAddress(config.listen().metrics()), transport, metrics.registry(), () -> readiness);
        lifecycle.add("metrics listener", monitoring::start, monitoring::close, STOP_LIMIT);
        lifecycle.start();
        try {
            return startNode(metrics, transport, monitoring);
        } catch (Exception e) {
            lifecycle.stop();
            throw e;
        }
    }

    private Running startNode(Metrics metrics, Transport transport, MonitoringServer monitoring) throws Exception {
        // ---- the database, the keys, the lease, the grid ----
        Database database = Database.open(databaseConfig);
        database.warnings().forEach(warning -> LOG.atWarn().log(warning));
        lifecycle.add("database", () -> {}, database::close, STOP_LIMIT);
        ServerKeys keys = ServerKeys.load(
                database,
                new KeyStorage(paths.noiseKey(), paths.secretMacKey(), Optional.ofNullable(paths.encryptionKey())));
        Grid grid = instanceGrid.started();
        lifecycle.add("grid", () -> {}, grid::close, STOP_LIMIT);
        grid.meters().bindTo(metrics.registry());

        AppliedVersion applied = new AppliedVersion();
        InstanceLease lease = new InstanceLease(
                database,
                new InstanceName(config.cluster().instance()),
                "",
                BuildInfo.ofProgram().version(),
                applied);
        lifecycle.add("lease", lease::acquire, lease::close, STOP_LIMIT);
        lease.addListener(state -> readiness = readinessOf(state, database));
        PostgresChangelog changelog =
                new PostgresChangelog(database, lease, new GridLogFanout(grid.cache(InstanceGrid.LOG)), clock);
        applied.follow(changelog);
        lifecycle.add("changelog", changelog::start, changelog::close, STOP_LIMIT);
        lifecycle.start();

        // ---- the relay: its ports are part of the DERP map ----
        EmbeddedDerp derp = null;
        if (config.derp().relay().enabled()) {
            derp = EmbeddedDerp.create(
                    config.derp().relay(),
                    paths,
                    serverHost(),
                    (node, source) -> CompletableFuture.completedFuture(
                            mayRelay(changelog.image(), node) ? Verdict.ADMITTED : Verdict.REFUSED),
                    metrics.registry(),
                    clock);
            lifecycle.add("relay", derp::start, derp::close, STOP_LIMIT);
            lifecycle.start();
        }

        // ---- presence, netmaps, sessions ----
        HashedWheelTimer wheel = new HashedWheelTimer(
                Thread.ofPlatform().name("wheel", 0).daemon().factory(), 50, TimeUnit.MILLISECONDS, 1024);
        lifecycle.add("timer", wheel::start, () -> wheel.stop(), STOP_LIMIT);
        PresenceOverlay overlay = new PresenceOverlay();
        JdbcPresenceStore presenceStore = new JdbcPresenceStore(database.writeSource());
        PresenceWriter presenceWriter = new PresenceWriter(presenceStore, PresenceWriter.INTERVAL);
        Presences presences = new Presences(
                new GridPresence(grid.cache(InstanceGrid.PRESENCE)),
                new GridSessions(grid.cache(InstanceGrid.SESSIONS)),
                overlay,
                presenceWriter,
                clock,
                blocking,
                wheel,
                new Presences.Instance(config.cluster().instance(), lease.incarnation()),
                GraceTimes.DEFAULT);
        Encoder encoder = new Encoder();
        lifecycle.add("encoder", () -> {}, encoder::close, STOP_LIMIT);
        Netmaps netmaps = new Netmaps(AllowAllPolicy::compile, overlay, NEWCOMER_HOLD, System::nanoTime);
        MapFeed feed = new MapFeed(new MapMessages(
                overlay,
                encoder,
                clock,
                new DebugSettings(!config.clientFeatures().logtail())));
        FirstMapGate gate = new FirstMapGate(Math.max(1, Runtime.getRuntime().availableProcessors()), FIRST_MAP_QUEUE);
        MapSessions sessions = new MapSessions(netmaps, feed, presences, gate, System::nanoTime, random);
        lifecycle.add("presence writer", presenceWriter::start, presenceWriter::close, STOP_LIMIT);
        lifecycle.add("first maps", () -> {}, gate::close, STOP_LIMIT);
        lifecycle.add("netmaps", netmaps::start, netmaps::close, STOP_LIMIT);
        changelog.addListener(netmaps);
        changelog.addListener(new RemovedNodes(presences));
        lifecycle.add(
                "presence",
                () -> {
                    presences.start();
                    presences.reconcileRegularly(id -> changelog.image().node(id) != null);
                    presences.restore(presenceStore);
                },
                () -> {},
                STOP_LIMIT);
        lifecycle.add("sessions", sessions::start, () -> {}, STOP_LIMIT);
        lifecycle.start();

        // ---- features ----
        Users users = new Users(changelog);
        Nodes nodes = new Nodes(changelog, TagOwners.NONE);
        PreAuthKeys preAuthKeys = new PreAuthKeys(changelog, keys.secretMac());
        ApiKeys apiKeys = new ApiKeys(changelog, keys.secretMac());
        PendingLogins logins = new JdbcPendingLogins(database, clock);
        LoginSignals signals = GridLoginSignals.over(grid.cache(InstanceGrid.PENDING), blocking);

        // ---- listeners ----
        String serverUrl = config.listen().serverUrlBase();
        AdminApi api = new AdminApi(
                new HeadscaleService(
                        changelog,
                        users,
                        nodes,
                        preAuthKeys,
                        apiKeys,
                        new LoginApprovals(
                                changelog,
                                TagOwners.NONE,
                                logins,
                                signals,
                                (node, hostinfo) -> {},
                                blocking,
                                clock,
                                random),
                        id -> presenceOf(overlay, id)),
                new CredentialCheck(changelog, keys.secretMac(), new FailedAttempts(System::nanoTime), clock),
                config.listen(),
                config.api(),
                grpcTls,
                transport);
        Pings pings = new Pings(sessions, "https://" + URI.create(serverUrl).getAuthority(), random);
        NodeCalls calls = new NodeCalls(
                changelog,
                new RegisterRpc(new Registration(
                        changelog,
                        keys.secretMac(),
                        logins,
                        signals,
                        (node, hostinfo) -> {},
                        serverUrl,
                        clock,
                        System::nanoTime,
                        random)),
                new MapService(changelog, netmaps, feed, presences, HostReports.of(nodes), sessions, gate),
                pings);
        SslContext relayTls = derp == null ? null : derp.tls();
        Optional<SslContext> tls = Optional.ofNullable(serverTls == null ? relayTls : serverTls);
        FrontDoor frontDoor = new FrontDoor(
                FrontDoorConfig.listeningOn(
                                List.of(required(config.listen().control()).toSocketAddress()))
                        .withTrustedProxies(config.listen().trustedProxies()),
                keys.noiseKey(),
                httpRoutes(keys, changelog, api, derp != null),
                calls.routes(),
                derp == null ? Optional.empty() : Optional.of(derp.relay()::upgrade),
                () -> tls,
                metrics.registry(),
                System::nanoTime);
        lifecycle.add("api", api::start, api::close, STOP_LIMIT);

        // ---- settings, then clients ----
        SettingImport imports = new SettingImport(changelog);
        EmbeddedDerp relay = derp;
        lifecycle.add("control listener", frontDoor::start, frontDoor::close, STOP_LIMIT);
        // ended before the connections are closed: a stream that this instance ends keeps its node online for longer
        lifecycle.add("map streams", () -> {}, sessions::endAll, STOP_LIMIT);
        lifecycle.start();
        InetSocketAddress control = frontDoor.addresses().getFirst();
        DerpMaps derpMaps = derpMaps(relay, control);
        if (extraRecordsFile != null) {
            extraRecordsFile.load();
        }
        settings = ConfiguredSettings.of(config, extraRecords());
        setSetting(
                Setting.DERP_MAP,
                new DerpMapSettings(
                                derpMaps.load(storedDerpMap(changelog.image())).map())
                        .toJson());
        imports.run(settings).get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        Singletons singletons = new Singletons(
                changelog, nodes, overlay, imports, this::settingsNow, () -> Singletons.mayAct(lease.state()), clock);
        lifecycle.add("singletons", singletons::start, singletons::close, STOP_LIMIT);
        if (config.derp().autoUpdate()) {
            DerpMapUpdates updates = new DerpMapUpdates(
                    derpMaps,
                    () -> storedDerpMap(changelog.image()),
                    map -> setSetting(Setting.DERP_MAP, new DerpMapSettings(map).toJson()),
                    config.derp().updateFrequency());
            lifecycle.add("DERP map updates", updates::start, updates::close, STOP_LIMIT);
        }
        lifecycle.start();
        new ControlMeters(changelog, netmaps, sessions, gate, overlay).bindTo(metrics.registry());
        readiness = readinessOf(lease.state(), database);
        return new Running(
                control, api.grpcPort(), monitoring.address(), serverUrl, changelog, users, apiKeys, preAuthKeys);
    }

    /** Stops all parts in the opposite order, each in bounded time. */
    Lifecycle.End stop() {
        readiness = Readiness.of(Readiness.State.DRAINING, "stopping");
        Lifecycle.End end = lifecycle.stop();
        blocking.shutdownNow();
        return end;
    }

    private RouteTable httpRoutes(ServerKeys keys, Changelog changelog, AdminApi api, boolean withRelay) {
        RouteTable.Builder routes = RouteTable.builder();
        BuildInfo build = BuildInfo.ofProgram();
        new PublicRoutes(
                        keys.noiseKey().publicKey(),
                        () -> answersInTime(changelog),
                        new io.fleetscale.control.frontdoor.page.BuildInfo(
                                "v" + build.version(), build.commit(), build.buildTime()),
                        key -> mayRelay(changelog.image(), key),
                        withRelay ? Optional.of(() -> bootstrapNames()) : Optional.empty(),
                        config.listen().serverUrlBase())
                .register(routes);
        routes.get(
                "/register/{id}",
                call -> RegisterPage.html(call.variable("id"))
                        .map(html -> HttpReply.html(200, html))
                        .orElseGet(() -> HttpReply.text(400, "invalid auth id\n")));
        api.register(routes);
        return routes.build();
    }

    /** The names of the relays that have addresses in the DERP map, for clients whose DNS does not work. */
    private Map<String, List<IpAddress>> bootstrapNames() {
        Map<String, List<IpAddress>> names = new TreeMap<>();
        String json = settings.get(Setting.DERP_MAP);
        if (json == null) {
            return names;
        }
        for (DerpMap.Region region :
                DerpMapSettings.fromJson(json).map().regions().values()) {
            for (DerpMap.Relay relay : region.nodes()) {
                List<IpAddress> addresses = Stream.of(relay.ipv4(), relay.ipv6())
                        .filter(text -> !text.isEmpty() && !text.equals("none"))
                        .map(IpAddress::parse)
                        .toList();
                if (!addresses.isEmpty()) {
                    names.put(relay.hostName(), addresses);
                }
            }
        }
        return names;
    }

    private DerpMaps derpMaps(@Nullable EmbeddedDerp derp, InetSocketAddress control) {
        DerpMap.Region region = null;
        if (derp != null && config.derp().relay().addsRegion()) {
            URI url = URI.create(config.listen().serverUrlBase());
            int standard = url.getScheme().equals("https") ? HTTPS_PORT : control.getPort();
            region = derp.region(serverHost(), url.getPort() == -1 ? standard : url.getPort(), serverTls == null);
        }
        HttpClient http = HttpClient.newBuilder()
                .connectTimeout(Duration.ofSeconds(10))
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        return new DerpMaps(region, config.derp().urls(), config.derp().paths(), http);
    }

    private static DerpMap storedDerpMap(TailnetImage image) {
        Setting setting = image.setting(Setting.DERP_MAP);
        return setting == null
                ? DerpMap.EMPTY
                : DerpMapSettings.fromJson(setting.json()).map();
    }

    private List<DnsSettings.ExtraRecord> extraRecords() {
        ExtraRecordsFile file = extraRecordsFile;
        return file == null ? ConfiguredSettings.extraRecords(config.dns()) : file.current();
    }

    /** The settings, with what the file of extra records says now. */
    private Map<String, String> settingsNow() {
        if (extraRecordsFile != null) {
            setSetting(
                    Setting.DNS,
                    ConfiguredSettings.dns(config.dns(), extraRecords()).toJson());
        }
        return settings;
    }

    private synchronized void setSetting(String name, String json) {
        Map<String, String> changed = new TreeMap<>(settings);
        changed.put(name, json);
        settings = changed;
    }

    private String serverHost() {
        return config.listen().serverHost();
    }

    private boolean mayRelay(TailnetImage image, NodeKey node) {
        return !config.derp().relay().verifyClients() || image.nodeByKey(node) != null;
    }

    private static boolean answersInTime(Changelog changelog) {
        try {
            return changelog.current().get(PROBE_LIMIT.toMillis(), TimeUnit.MILLISECONDS) != null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    private static Readiness readinessOf(LeaseState state, Database database) {
        return switch (state) {
            case HELD ->
                database.circuit().isOpen()
                        ? Readiness.of(Readiness.State.DEGRADED, "the database does not answer: writes are refused")
                        : Readiness.READY;
            case EXPIRED -> Readiness.of(Readiness.State.DEGRADED, "the lease cannot be renewed: writes are refused");
            case SUPERSEDED -> Readiness.of(Readiness.State.FENCED, "another instance of this name took over");
        };
    }

    private static NodePresenceView.Presence presenceOf(PresenceOverlay overlay, NodeId id) {
        Presence presence = overlay.get(id);
        return new NodePresenceView.Presence(presence.online(), presence.lastSeen(), presence.discoKey());
    }

    private static HostPort metricsAddress(@Nullable ListenAddress address) {
        return address == null ? new HostPort(LOOPBACK, 0) : new HostPort(address.host(), address.port());
    }

    private static ListenAddress required(@Nullable ListenAddress address) {
        if (address == null) {
            throw new IllegalStateException("a checked configuration names listen_addr");
        }
        return address;
    }

    /** The number that the lease reports; the log exists only after the lease. */
    private static final class AppliedVersion implements LongSupplier {
        private volatile @Nullable Changelog changelog;

        void follow(Changelog log) {
            changelog = log;
        }

        @Override
        public long getAsLong() {
            Changelog log = changelog;
            return log == null ? 0 : log.image().version();
        }
    }

    /** Presence of a node ends with the node. */
    private record RemovedNodes(Presences presences) implements ImageListener {
        @Override
        public void loaded(TailnetImage image) {
            // what is left of nodes that are gone goes with the next comparison
        }

        @Override
        public void applied(TailnetImage before, TailnetDelta delta, TailnetImage after) {
            for (Change change : delta.changes()) {
                if (change instanceof Change.NodeRemoved(NodeId id)) {
                    presences.forget(id);
                }
            }
        }
    }
}
