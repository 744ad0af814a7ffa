package io.fleetscale.grid;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.apache.ignite.cache.CacheAtomicityMode;
import org.apache.ignite.cache.CacheMode;
import org.apache.ignite.cache.CacheRebalanceMode;
import org.apache.ignite.cache.CacheWriteSynchronizationMode;
import org.apache.ignite.cache.affinity.rendezvous.RendezvousAffinityFunction;
import org.apache.ignite.configuration.CacheConfiguration;
import org.apache.ignite.configuration.DataPageEvictionMode;
import org.apache.ignite.configuration.DataRegionConfiguration;
import org.apache.ignite.configuration.DataStorageConfiguration;
import org.apache.ignite.configuration.IgniteConfiguration;
import org.apache.ignite.configuration.SystemDataRegionConfiguration;
import org.apache.ignite.events.EventType;
import org.apache.ignite.failure.FailureHandler;
import org.apache.ignite.spi.communication.CommunicationSpi;
import org.apache.ignite.spi.communication.tcp.TcpCommunicationSpi;
import org.apache.ignite.spi.discovery.DiscoverySpi;
import org.apache.ignite.spi.discovery.isolated.IsolatedDiscoverySpi;
import org.apache.ignite.spi.discovery.tcp.TcpDiscoverySpi;
import org.apache.ignite.spi.discovery.tcp.ipfinder.TcpDiscoveryIpFinder;
import org.apache.ignite.spi.discovery.tcp.ipfinder.jdbc.TcpDiscoveryJdbcIpFinder;
import org.apache.ignite.spi.discovery.tcp.ipfinder.vm.TcpDiscoveryVmIpFinder;
import org.apache.ignite.spi.eventstorage.NoopEventStorageSpi;
import org.apache.ignite.spi.metric.noop.NoopMetricExporterSpi;

/**
 * Our configuration in Ignite's words. The figures are those that were measured: a cut is noticed within 3 s, and a small machine
 * holds the grid beside everything else.
 */
final class IgniteSettings {
    private static final String CONTENT_REGION = "content";
    private static final int FAILURE_DETECTION_MILLIS = 3000;
    private static final int CONNECTION_RECOVERY_MILLIS = 1500;
    /** Enough to spread writes over 8 threads; every partition costs memory and time at each change of membership. */
    private static final int PARTITIONS = 64;

    private static final long SYSTEM_REGION_BYTES = 16L << 20;

    static {
        // read once by Ignite's classes, so they must stand before the first of them is loaded
        System.setProperty("IGNITE_UPDATE_NOTIFIER", "false");
        System.setProperty("IGNITE_NO_ASCII", "true");
        System.setProperty("IGNITE_PERFORMANCE_SUGGESTIONS_DISABLED", "true");
        System.setProperty("IGNITE_MBEANS_DISABLED", "true");
        // entries that end by themselves end on each instance at its own moment: sizes differ for a while
        System.setProperty("IGNITE_SKIP_PARTITION_SIZE_VALIDATION", "true");
        // kilobytes for each thread that touches a page, and a virtual thread lives for one request
        System.setProperty("IGNITE_PAGE_LOCK_TRACKER_TYPE", "-1");
        // the lifecycle of the process stops the grid, in its own order
        System.setProperty("IGNITE_NO_SHUTDOWN_HOOK", "true");
    }

    private IgniteSettings() {}

    /** A new configuration; Ignite's parts cannot be used for a second start. */
    static IgniteConfiguration of(GridConfig config, String startName, FailureHandler failureHandler) {
        IgniteConfiguration ignite = new IgniteConfiguration()
                .setIgniteInstanceName(startName)
                .setConsistentId(config.instance())
                .setUserAttributes(Map.of(
                        JoinGuard.INSTANCE, config.instance(), JoinGuard.PROGRAM_VERSION, config.programVersion()))
                .setWorkDirectory(config.workDirectory().toAbsolutePath().toString())
                .setGridLogger(new GridLogger())
                .setPluginProviders(new JoinGuard(ProgramVersion.parse(config.programVersion())))
                .setFailureHandler(failureHandler)
                .setFailureDetectionTimeout(FAILURE_DETECTION_MILLIS)
                .setPeerClassLoadingEnabled(false)
                .setMetricsLogFrequency(0)
                .setEventStorageSpi(new NoopEventStorageSpi())
                .setMetricExporterSpi(new NoopMetricExporterSpi())
                .setIncludeEventTypes(
                        EventType.EVT_NODE_JOINED,
                        EventType.EVT_NODE_LEFT,
                        EventType.EVT_NODE_FAILED,
                        EventType.EVT_CACHE_REBALANCE_STOPPED)
                .setDataStorageConfiguration(storage(config.memory()))
                .setCacheConfiguration(caches(config))
                .setDiscoverySpi(discovery(config))
                .setCommunicationSpi(communication(config));
        // a reference to nothing switches these servers off
        ignite.setConnectorConfiguration(null);
        ignite.setClientConnectorConfiguration(null);
        config.tls().ifPresent(tls -> ignite.setSslContextFactory(new MutualTls(tls)));
        if (!(config.discovery() instanceof Discovery.Alone)) {
            ignite.setLocalHost(config.bindAddress());
        }
        return trimPools(ignite);
    }

    private static IgniteConfiguration trimPools(IgniteConfiguration ignite) {
        return ignite.setSystemThreadPoolSize(4)
                .setStripedPoolSize(4)
                .setPublicThreadPoolSize(2)
                .setServiceThreadPoolSize(1)
                .setManagementThreadPoolSize(1)
                .setPeerClassLoadingThreadPoolSize(1)
                .setDataStreamerThreadPoolSize(1)
                .setUtilityCachePoolSize(2)
                .setQueryThreadPoolSize(2)
                .setRebalanceThreadPoolSize(1)
                .setAsyncCallbackPoolSize(1)
                .setBuildIndexThreadPoolSize(1);
    }

    private static DataStorageConfiguration storage(GridMemory memory) {
        return new DataStorageConfiguration()
                .setSystemDataRegionConfiguration(new SystemDataRegionConfiguration()
                        .setInitialSize(SYSTEM_REGION_BYTES)
                        .setMaxSize(4 * SYSTEM_REGION_BYTES))
                .setDefaultDataRegionConfiguration(new DataRegionConfiguration()
                        .setName("state")
                        .setInitialSize(GridMemory.INITIAL_BYTES)
                        .setMaxSize(memory.stateBytes()))
                .setDataRegionConfigurations(new DataRegionConfiguration()
                        .setName(CONTENT_REGION)
                        .setInitialSize(GridMemory.INITIAL_BYTES)
                        .setMaxSize(memory.contentBytes())
                        .setPageEvictionMode(DataPageEvictionMode.RANDOM_2_LRU));
    }

    private static CacheConfiguration<?, ?>[] caches(GridConfig config) {
        return config.caches().stream()
                .map(definition -> cache(definition, config))
                .toArray(CacheConfiguration<?, ?>[]::new);
    }

    private static CacheConfiguration<Object, byte[]> cache(CacheDefinition<?> definition, GridConfig config) {
        CacheConfiguration<Object, byte[]> cache = new CacheConfiguration<Object, byte[]>(definition.name())
                .setCacheMode(CacheMode.REPLICATED)
                .setAtomicityMode(CacheAtomicityMode.ATOMIC)
                .setWriteSynchronizationMode(
                        switch (definition.acknowledged()) {
                            case BY_OWNER -> CacheWriteSynchronizationMode.PRIMARY_SYNC;
                            case BY_ALL -> CacheWriteSynchronizationMode.FULL_SYNC;
                        })
                .setRebalanceMode(CacheRebalanceMode.SYNC)
                .setAffinity(new RendezvousAffinityFunction(false, PARTITIONS));
        return switch (definition.region()) {
            case STATE -> cache;
            case CONTENT ->
                cache.setDataRegionName(CONTENT_REGION)
                        .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(new Duration(
                                TimeUnit.MILLISECONDS,
                                config.contentTimeToLive().toMillis())));
        };
    }

    private static DiscoverySpi discovery(GridConfig config) {
        TcpDiscoveryIpFinder finder = switch (config.discovery()) {
            case Discovery.Alone() -> null;
            case Discovery.Addresses(List<String> addresses) ->
                new TcpDiscoveryVmIpFinder(true).setAddresses(addresses);
            case Discovery.Database database ->
                new TcpDiscoveryJdbcIpFinder()
                        .setDataSource(database.dataSource())
                        .setInitSchema(false);
        };
        if (finder == null) {
            return new IsolatedDiscoverySpi();
        }
        TcpDiscoverySpi discovery = new TcpDiscoverySpi();
        discovery.setIpFinder(finder);
        discovery.setLocalAddress(config.bindAddress());
        discovery.setLocalPort(config.discoveryPort());
        discovery.setLocalPortRange(0);
        discovery.setJoinTimeout(config.joinTimeout().toMillis());
        discovery.setConnectionRecoveryTimeout(CONNECTION_RECOVERY_MILLIS);
        return discovery;
    }

    private static CommunicationSpi<?> communication(GridConfig config) {
        if (config.discovery() instanceof Discovery.Alone) {
            return new NoCommunication();
        }
        TcpCommunicationSpi communication = new TcpCommunicationSpi();
        communication.setLocalPort(config.communicationPort());
        communication.setLocalPortRange(0);
        communication.setSelectorsCount(1);
        return communication;
    }
}
