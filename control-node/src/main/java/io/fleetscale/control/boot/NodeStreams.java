package io.fleetscale.control.boot;

import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.api.headscale.NodePresenceView;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.changelog.PostgresChangelog;
import io.fleetscale.control.flowlog.FlowLogIds;
import io.fleetscale.control.netmap.Encoder;
import io.fleetscale.control.netmap.MapFeed;
import io.fleetscale.control.netmap.MapMessages;
import io.fleetscale.control.netmap.Netmaps;
import io.fleetscale.control.netmap.TailnetOffers;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.presence.GraceTimes;
import io.fleetscale.control.presence.GridPresence;
import io.fleetscale.control.presence.GridSessions;
import io.fleetscale.control.presence.JdbcPresenceStore;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.presence.PresenceStore;
import io.fleetscale.control.presence.PresenceWriter;
import io.fleetscale.control.presence.Presences;
import io.fleetscale.control.session.FirstMapGate;
import io.fleetscale.control.session.MapSessions;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.ControlDialPlan;
import io.fleetscale.wire.tailcfg.DebugSettings;
import io.netty.util.HashedWheelTimer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What nodes are told and what is known of those that are connected: presence, netmaps and the sessions of map streams. */
record NodeStreams(
        PresenceOverlay presence,
        Presences presences,
        Netmaps netmaps,
        MapFeed feed,
        FirstMapGate gate,
        MapSessions sessions,
        PresenceStore presenceStore) {
    /** How long a newcomer without relay and disco key is kept from its peers. Source: control-protocol 12 no. 2. */
    private static final Duration NEWCOMER_HOLD = Duration.ofSeconds(1);

    private static final Duration DIAL_GAP = Duration.ofMillis(300);
    private static final Duration DIAL_TIMEOUT = Duration.ofSeconds(5);

    /**
     * Builds and starts them; the parts belong to {@code lifecycle}.
     *
     * @param compiler of the tailnet's policy
     * @param flowLogs absent: nodes do not upload flow logs
     * @param certificateZone empty: nodes get no certificates
     * @throws Exception with a message for people
     */
    static NodeStreams start(
            Lifecycle lifecycle,
            Storage storage,
            ServerConfig config,
            CompiledPolicy.Compiler compiler,
            @Nullable FlowLogIds flowLogs,
            String certificateZone,
            ExecutorService blocking,
            InstantSource clock,
            SecureRandom random)
            throws Exception {
        PostgresChangelog changelog = storage.changelog();
        HashedWheelTimer wheel = new HashedWheelTimer(
                Thread.ofPlatform().name("wheel", 0).daemon().factory(), 50, TimeUnit.MILLISECONDS, 1024);
        lifecycle.add("timer", wheel::start, () -> wheel.stop(), ControlNode.STOP_LIMIT);
        PresenceOverlay overlay = new PresenceOverlay();
        JdbcPresenceStore presenceStore =
                new JdbcPresenceStore(storage.database().writeSource());
        PresenceWriter presenceWriter = new PresenceWriter(presenceStore, PresenceWriter.INTERVAL);
        Presences presences = new Presences(
                new GridPresence(storage.grid().cache(InstanceGrid.PRESENCE)),
                new GridSessions(storage.grid().cache(InstanceGrid.SESSIONS)),
                overlay,
                presenceWriter,
                clock,
                blocking,
                wheel,
                new Presences.Instance(
                        config.cluster().instance(), storage.lease().incarnation()),
                GraceTimes.DEFAULT);
        Encoder encoder = new Encoder();
        lifecycle.add("encoder", () -> {}, encoder::close, ControlNode.STOP_LIMIT);
        Netmaps netmaps = new Netmaps(compiler, overlay, NEWCOMER_HOLD, System::nanoTime);
        MapFeed feed = new MapFeed(new MapMessages(
                overlay,
                encoder,
                clock,
                new DebugSettings(!config.clientFeatures().logtail() && flowLogs == null),
                dialPlan(config.cluster().dialAddresses()),
                new TailnetOffers(flowLogs, certificateZone)));
        FirstMapGate gate =
                new FirstMapGate(Math.max(1, Runtime.getRuntime().availableProcessors()), FirstMapGate.DEFAULT_QUEUE);
        MapSessions sessions = new MapSessions(netmaps, feed, presences, gate, System::nanoTime, random);
        lifecycle.add("presence writer", presenceWriter::start, presenceWriter::close, ControlNode.STOP_LIMIT);
        lifecycle.add("first maps", () -> {}, gate::close, ControlNode.STOP_LIMIT);
        lifecycle.add("netmaps", netmaps::start, netmaps::close, ControlNode.STOP_LIMIT);
        changelog.addListener(netmaps);
        changelog.addListener(new RemovedNodes(presences));
        lifecycle.add(
                "presence",
                () -> {
                    presences.start();
                    presences.reconcileRegularly(id -> changelog.image().node(id) != null);
                    if (storage.grid().membership().members().size() <= 1) {
                        presences.restore(presenceStore);
                    }
                },
                () -> {},
                ControlNode.STOP_LIMIT);
        lifecycle.add("sessions", sessions::start, () -> {}, ControlNode.STOP_LIMIT);
        lifecycle.start();
        return new NodeStreams(overlay, presences, netmaps, feed, gate, sessions, presenceStore);
    }

    /** All at once, the first somewhat earlier than the next: the first that answers is taken. */
    private static ControlDialPlan dialPlan(List<IpAddress> addresses) {
        List<ControlDialPlan.Candidate> candidates = new ArrayList<>();
        for (IpAddress address : addresses) {
            candidates.add(
                    new ControlDialPlan.Candidate(address, DIAL_GAP.multipliedBy(candidates.size()), DIAL_TIMEOUT, 0));
        }
        return new ControlDialPlan(candidates);
    }

    /** What the administration shows of a node's presence. */
    NodePresenceView.Presence presenceOf(NodeId id) {
        Presence known = presence.get(id);
        return new NodePresenceView.Presence(known.online(), known.lastSeen(), known.discoKey());
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
