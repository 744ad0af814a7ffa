package io.fleetscale.control.changelog;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseException;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.proto.grid.v1.LogRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log in PostgreSQL. Three threads: the writer decides and commits, the apply thread keeps this instance's image, the
 * follower listens and repairs. {@link #start} loads the first image; {@link #close} lets queued writes end. Thread-safe.
 */
public final class PostgresChangelog implements Changelog, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PostgresChangelog.class);

    private static final Duration CURRENT_LIMIT = Duration.ofSeconds(1);
    /** Records that wait for the fan-out; what is beyond it, the other instances read from the database. */
    private static final int FANOUT_QUEUE = 10_000;

    private final Database database;
    private final LogFanout fanout;
    private final ExecutorService callbacks = Executors.newVirtualThreadPerTaskExecutor();
    private final ThreadPoolExecutor fanoutThread;
    private final ImageReplica replica;
    private final LogWriter writer;
    private final LogFollower follower;
    private final HeadReads heads;
    private final LongAdder staleReads = new LongAdder();
    private volatile LongPredicate awayForAll = version -> false;

    /**
     * @param fence proves the lease in each write
     * @param fanout carries committed records to the other instances
     * @param clock wall clock of decisions
     */
    public PostgresChangelog(Database database, WriteFence fence, LogFanout fanout, InstantSource clock) {
        this(database, fence, fanout, clock, List.of());
    }

    /** @param companions write their rows in the transactions of the log */
    public PostgresChangelog(
            Database database, WriteFence fence, LogFanout fanout, InstantSource clock, List<Companion> companions) {
        this(database, fence, fanout, clock, LogWriter.BeforeCommit.NOTHING, companions);
    }

    PostgresChangelog(
            Database database,
            WriteFence fence,
            LogFanout fanout,
            InstantSource clock,
            LogWriter.BeforeCommit beforeCommit) {
        this(database, fence, fanout, clock, beforeCommit, List.of());
    }

    private PostgresChangelog(
            Database database,
            WriteFence fence,
            LogFanout fanout,
            InstantSource clock,
            LogWriter.BeforeCommit beforeCommit,
            List<Companion> companions) {
        this.database = database;
        this.fanout = fanout;
        this.fanoutThread = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(FANOUT_QUEUE),
                Thread.ofPlatform().daemon().name("changelog-fanout").factory());
        this.replica = new ImageReplica(callbacks);
        this.writer = new LogWriter(database, replica, fence, this::publish, clock, beforeCommit, companions);
        this.follower = new LogFollower(database, replica);
        this.heads = new HeadReads(database, callbacks);
    }

    /**
     * Loads the image and begins to follow the log. Blocks until the image is there.
     *
     * @throws DatabaseException if the tables cannot be read
     */
    public void start() {
        LogPosition first = firstLoad();
        replica.start();
        replica.load(first);
        replica.reached(first.version()).join();
        fanout.subscribe(this::receive);
        follower.start();
        writer.start();
        log.atInfo()
                .addKeyValue("version", first.version())
                .addKeyValue("nodes", first.image().nodes().size())
                .addKeyValue("users", first.image().users().size())
                .log("The tailnet is loaded");
    }

    private LogPosition firstLoad() {
        try (Connection connection = database.dedicated("first load")) {
            return LogFollower.loadWhole(connection);
        } catch (SQLException e) {
            throw new DatabaseException(
                    DatabaseException.Fault.UNREACHABLE,
                    "the tailnet could not be read from " + database.config().shownUrl() + " (" + e.getMessage() + ")",
                    "check the database's log",
                    e);
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new DatabaseException(
                    DatabaseException.Fault.FOREIGN_DATABASE,
                    "the tables of " + database.config().shownUrl() + " contradict each other (" + e.getMessage() + ")",
                    "restore a backup; rows must not be changed by hand",
                    e);
        }
    }

    @Override
    public TailnetImage image() {
        return replica.position().image();
    }

    @Override
    public <R> CompletableFuture<R> write(HardWrite<R> write) {
        return writer.submit(write);
    }

    @Override
    public CompletableFuture<TailnetImage> current() {
        Optional<StaleReads> consent = StaleReads.current();
        return consent.isPresent()
                ? currentOrStale(consent.get())
                : heads.read().thenCompose(this::reached);
    }

    /** Does not wait for the time limits of connections: a caller who takes a stale answer wants one soon. */
    private CompletableFuture<TailnetImage> currentOrStale(StaleReads consent) {
        if (consent.version().isPresent()) {
            // the same call has met the outage already
            Optional<TailnetImage> known = known(consent);
            if (known.isPresent()) {
                return CompletableFuture.completedFuture(known.get());
            }
        }
        CompletableFuture<LogHead> head = heads.read();
        return head.copy()
                .orTimeout(CURRENT_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(Optional::of)
                .exceptionally(failure -> Optional.empty())
                .thenComposeAsync(
                        found -> found.isPresent() ? reached(found.get()) : withoutHead(head, consent), callbacks);
    }

    /** Where no stale answer is allowed, the head is waited for as by everybody. */
    private CompletableFuture<TailnetImage> withoutHead(CompletableFuture<LogHead> head, StaleReads consent) {
        Optional<TailnetImage> known = known(consent);
        return known.isPresent() ? CompletableFuture.completedFuture(known.get()) : head.thenCompose(this::reached);
    }

    /** The image of this instance, unless somebody may have written more. */
    private Optional<TailnetImage> known(StaleReads consent) {
        TailnetImage known = image();
        if (!awayForAll.test(known.version())) {
            return Optional.empty();
        }
        consent.answeredFrom(known.version());
        staleReads.increment();
        return Optional.of(known);
    }

    /**
     * Lets reads with a {@link StaleReads consent} be answered from the image when the head cannot be read.
     *
     * @param awayForAll whether, as far as this instance can know, nobody can write now and nobody has acknowledged more than
     *     the number given; asked for each such read
     */
    public void answerStaleWhile(LongPredicate awayForAll) {
        this.awayForAll = awayForAll;
    }

    private CompletableFuture<TailnetImage> reached(LogHead head) {
        CompletableFuture<TailnetImage> image = replica.reached(head.version());
        if (image.isDone()) {
            return image;
        }
        return image.orTimeout(CURRENT_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        failure instanceof TimeoutException
                                ? Unavailable.behind(image().version(), head.version())
                                : Unavailable.of(failure)));
    }

    @Override
    public void addListener(ImageListener listener) {
        replica.addListener(listener);
    }

    /** What the log does, for metrics. */
    public LogFigures figures() {
        return new LogFigures(
                image().version(),
                writer.queued(),
                writer.commits(),
                writer.writes(),
                writer.largestGroup(),
                heads.count(),
                staleReads.sum(),
                follower.repairs(),
                follower.reloads(),
                follower.connected());
    }

    private void publish(LogRecord record) {
        try {
            fanoutThread.execute(() -> {
                try {
                    fanout.publish(record);
                } catch (RuntimeException e) {
                    log.atDebug()
                            .addKeyValue("version", record.getVersion())
                            .setCause(e)
                            .log("A record was not fanned out");
                }
            });
        } catch (RejectedExecutionException e) {
            log.atDebug()
                    .addKeyValue("version", record.getVersion())
                    .log("The fan-out is full; others read the database");
        }
    }

    private void receive(LogRecord record) {
        if (record.getVersion() <= replica.position().version()) {
            return;
        }
        try {
            replica.offer(List.of(LogEntry.of(record)));
        } catch (IllegalArgumentException e) {
            log.atWarn()
                    .addKeyValue("version", record.getVersion())
                    .setCause(e)
                    .log("A fanned-out record cannot be read");
        }
    }

    @Override
    public void close() {
        writer.close();
        follower.close();
        replica.close();
        fanoutThread.shutdownNow();
        callbacks.shutdown();
    }
}
