package io.fleetscale.loadtest.faults;

import io.fleetscale.loadtest.cluster.ClusterDatabase;
import io.fleetscale.loadtest.cluster.ClusterUnderTest;
import io.fleetscale.loadtest.cluster.ClusterUnderTest.Instance;
import io.fleetscale.loadtest.cluster.NetworkCuts;
import io.fleetscale.loadtest.proxy.FaultProxy;
import io.fleetscale.runtime.net.HostPort;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What can be broken; each breaks it, waits, and mends it. */
public enum Fault {
    /** {@code kill -9} of one instance; it is started again when its sessions are back elsewhere. */
    KILL {
        @Override
        void inflict(Scene scene) throws Exception {
            Instance victim = scene.victim();
            scene.broken();
            scene.cluster().kill(victim);
            scene.awaitSessions();
            scene.mended();
            scene.cluster().startAgain(victim);
        }
    },
    /** SIGSTOP of one instance for {@link #LONG_PAUSE}, then SIGCONT: it fences itself on waking and joins again. */
    PAUSE {
        @Override
        void inflict(Scene scene) throws Exception {
            Instance victim = scene.victim();
            scene.broken();
            scene.cluster().pause(victim);
            scene.hold(LONG_PAUSE);
            scene.cluster().resume(victim);
            scene.mended();
            scene.cluster().awaitReady(victim, LIMIT);
        }
    },
    /** Each instance in turn: SIGTERM, which drains it, and started again. */
    ROLLING {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            for (Instance instance : scene.cluster().instances()) {
                scene.cluster().terminate(instance, LIMIT);
                scene.cluster().startAgain(instance);
            }
            scene.mended();
        }
    },
    /** Connections of all clients are reset, again and again. */
    CLIENTS_CUT {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            for (int i = 0; i < CUTS; i++) {
                scene.clientProxy().cut();
                scene.hold(CUT_PAUSE);
            }
            scene.mended();
        }
    },
    /** SIGKILL of PostgreSQL with all its processes; {@code dev} starts it again. */
    POSTGRES_KILL {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            scene.cluster().database().kill();
            awaitDatabase(scene.cluster().database());
            scene.mended();
        }
    },
    /** SIGSTOP of PostgreSQL: connections stay, answers do not come. */
    POSTGRES_PAUSE {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            scene.cluster().database().pause();
            try {
                scene.hold(SHORT_PAUSE);
            } finally {
                scene.cluster().database().resume();
                scene.mended();
            }
        }
    },
    /** All transactions are read-only. */
    POSTGRES_READ_ONLY {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            scene.cluster().database().setReadOnly(true);
            try {
                scene.hold(SHORT_PAUSE);
            } finally {
                scene.cluster().database().setReadOnly(false);
                scene.mended();
            }
        }
    },
    /** All connections are ended and no new one is given. */
    POSTGRES_CONNECTIONS {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            Deque<Connection> taken = scene.cluster().database().takeAllConnections();
            try {
                scene.hold(SHORT_PAUSE);
            } finally {
                for (Connection connection : taken) {
                    connection.close();
                }
                scene.mended();
            }
        }
    },
    /** Every statement takes 200 ms longer, for all instances. */
    POSTGRES_SLOW {
        @Override
        void inflict(Scene scene) throws InterruptedException {
            scene.broken();
            scene.databaseProxies().forEach(proxy -> proxy.delay(STATEMENT_DELAY));
            scene.hold(LONG_PAUSE);
            scene.databaseProxies().forEach(FaultProxy::heal);
            scene.mended();
        }
    },
    /** One instance reaches PostgreSQL no more, the others do: it fences itself. */
    POSTGRES_CUT_FROM_ONE {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            FaultProxy proxy = scene.databaseProxies().getFirst();
            proxy.hold();
            scene.hold(LONG_PAUSE);
            proxy.heal();
            scene.mended();
            scene.cluster().awaitReady(scene.cluster().instances().getFirst(), LIMIT);
        }
    },
    /** No instance reaches PostgreSQL, and nobody is told: none fences itself. */
    POSTGRES_CUT_FROM_ALL {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            scene.databaseProxies().forEach(FaultProxy::hold);
            scene.hold(LONG_PAUSE);
            scene.databaseProxies().forEach(FaultProxy::heal);
            scene.mended();
        }
    },
    /** One instance and the others do not reach each other over the grid: one side fences itself. */
    GRID_CUT_FROM_ONE {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            scene.cuts().cutAddress(scene.gridAddress());
            scene.hold(LONG_PAUSE);
            scene.cuts().heal();
            scene.mended();
            scene.awaitAllReady();
        }
    },
    /** One instance reaches neither the others nor PostgreSQL, and its clients reach it: it fences itself. */
    GRID_AND_POSTGRES_CUT_FROM_ONE {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            scene.cuts().cutAddress(scene.gridAddress());
            scene.cuts().cutPort(scene.databasePort());
            scene.hold(LONG_PAUSE);
            scene.cuts().heal();
            scene.mended();
            scene.awaitAllReady();
        }
    },
    /** One instance is reached by nobody: not by the others, not by the balancer, not by PostgreSQL. */
    ISOLATED {
        @Override
        void inflict(Scene scene) throws Exception {
            scene.broken();
            scene.cuts().cutAddress(scene.gridAddress());
            scene.cuts().cutPort(scene.databasePort());
            scene.cuts().cutPort(URI.create(scene.victim().url()).getPort());
            scene.cuts().cutPort(HostPort.parse(scene.victim().metrics()).port());
            scene.hold(LONG_PAUSE);
            scene.cuts().heal();
            scene.mended();
            scene.awaitAllReady();
        }
    };

    private static final Set<Fault> IN_NAMESPACE =
            EnumSet.of(GRID_CUT_FROM_ONE, GRID_AND_POSTGRES_CUT_FROM_ONE, ISOLATED);
    private static final Set<Fault> BY_DATABASE_PROXY = EnumSet.of(
            POSTGRES_SLOW,
            POSTGRES_CUT_FROM_ONE,
            POSTGRES_CUT_FROM_ALL,
            GRID_CUT_FROM_ONE,
            GRID_AND_POSTGRES_CUT_FROM_ONE,
            ISOLATED);
    private static final Set<Fault> FENCES =
            EnumSet.of(PAUSE, POSTGRES_CUT_FROM_ONE, GRID_CUT_FROM_ONE, GRID_AND_POSTGRES_CUT_FROM_ONE, ISOLATED);

    /** Whether it cuts the network of a namespace of its own. */
    boolean needsNamespace() {
        return IN_NAMESPACE.contains(this);
    }

    /** Whether each instance must reach PostgreSQL by a way of its own. */
    boolean needsDatabaseProxies() {
        return BY_DATABASE_PROXY.contains(this);
    }

    /** Whether an instance must fence itself; where not, none may. */
    boolean fences() {
        return FENCES.contains(this);
    }

    static final Duration LIMIT = Duration.ofMinutes(3);
    static final Duration STATEMENT_DELAY = Duration.ofMillis(200);
    private static final Duration LONG_PAUSE = Duration.ofSeconds(15);
    private static final Duration SHORT_PAUSE = Duration.ofSeconds(8);
    private static final int CUTS = 5;
    private static final Duration CUT_PAUSE = Duration.ofSeconds(2);

    /** Where a fault is inflicted, and who must know when. */
    interface Scene {
        ClusterUnderTest cluster();

        /** The instance that suffers. */
        Instance victim();

        /** Between the swarm and the cluster. */
        FaultProxy clientProxy();

        /** Between each instance, in their order, and PostgreSQL. */
        List<FaultProxy> databaseProxies();

        /** The fault begins. */
        void broken();

        /** The fault is over. */
        void mended();

        /** Waits for so long. */
        void hold(Duration time) throws InterruptedException;

        /** Of the network, where a fault {@linkplain #needsNamespace needs} it. */
        NetworkCuts cuts();

        /** Where the victim takes part in the grid; no other instance is there. */
        String gridAddress();

        /** By which only the victim reaches PostgreSQL. */
        int databasePort();

        /** Waits until all instances are ready. */
        void awaitAllReady() throws InterruptedException, TimeoutException;

        /** Waits until all sessions are up, wherever. */
        void awaitSessions() throws InterruptedException, TimeoutException;
    }

    abstract void inflict(Scene scene) throws Exception;

    private static void awaitDatabase(ClusterDatabase database)
            throws IOException, InterruptedException, TimeoutException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < end) {
            if (database.isReady()) {
                try (Connection _ = database.connect()) {
                    return;
                } catch (IOException | SQLException e) {
                    // its pid file is that of the killed one, or it recovers
                }
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        throw new TimeoutException("PostgreSQL does not take connections after " + LIMIT);
    }
}
