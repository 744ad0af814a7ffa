package io.fleetscale.control.changelog;

import com.google.protobuf.ByteString;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseFaults;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.TailnetCodec;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.proto.grid.v1.LogRecord;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides and commits the hard writes of this instance, on one thread. Writes that arrive while a transaction runs share the
 * next one. A transaction: lock the head; check the lease; read what others wrote since; decide each write on the image of
 * exactly that number; write rows and records; raise the head; notify; commit. Nothing but JDBC is awaited between the lock
 * and the commit.
 *
 * <p>The rows of a group are first written together, without savepoints. When a unique value is taken after all (only a row
 * that does not stem from the log can do that), the group is run again with a savepoint for each write, and only the one
 * that collided fails.
 */
final class LogWriter implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LogWriter.class);

    static final int MAX_GROUP = 128;
    static final int MAX_QUEUE = 8_192;

    private static final int ID_BYTES = 16;
    private static final int MAX_ROUNDS = 6;
    private static final Duration RESOLVE_LIMIT = Duration.ofSeconds(5);
    private static final Duration RESOLVE_PAUSE = Duration.ofMillis(50);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(2);
    private static final long IDLE_POLL_MILLIS = 100;

    /** For tests: what happens between the last statement and the commit. */
    @FunctionalInterface
    interface BeforeCommit {
        BeforeCommit NOTHING = connection -> {};

        void run(Connection connection) throws SQLException;
    }

    /** A transaction that is ready to be committed. */
    private record Prepared(ByteString batchId, List<LogRecord> records, List<LogEntry> entries, LogPosition position) {
        static final Prepared NOTHING = new Prepared(ByteString.EMPTY, List.of(), List.of(), LogPosition.EMPTY);
    }

    /** A unique value was taken while the writes of a group were written together. */
    private static final class Collision extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Collision(SQLException cause) {
            super(cause);
        }
    }

    /** The connection was lost between sending COMMIT and its answer. */
    private static final class CommitLost extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient Prepared prepared;

        CommitLost(Prepared prepared, SQLException cause) {
            super(cause);
            this.prepared = prepared;
        }
    }

    private final Database database;
    private final ImageReplica replica;
    private final WriteFence fence;
    private final Consumer<LogRecord> publisher;
    private final InstantSource clock;
    private final BeforeCommit beforeCommit;
    private final List<Companion> companions;
    private final SecureRandom random = new SecureRandom();
    private final BlockingQueue<Submission<?>> queue = new ArrayBlockingQueue<>(MAX_QUEUE);
    private final Thread thread;
    private final LongAdder commits = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final AtomicLong largestGroup = new AtomicLong();
    private volatile boolean closed;

    /** Confined to the writer thread; can be ahead of the replica, which applies a moment later. */
    private LogPosition own = LogPosition.EMPTY;

    LogWriter(
            Database database,
            ImageReplica replica,
            WriteFence fence,
            Consumer<LogRecord> publisher,
            InstantSource clock,
            BeforeCommit beforeCommit,
            List<Companion> companions) {
        this.companions = List.copyOf(companions);
        this.database = database;
        this.replica = replica;
        this.fence = fence;
        this.publisher = publisher;
        this.clock = clock;
        this.beforeCommit = beforeCommit;
        this.thread = Thread.ofPlatform().daemon().name("changelog-writer").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    <R> CompletableFuture<R> submit(HardWrite<R> write) {
        Submission<R> submission = new Submission<>(write);
        if (closed) {
            submission.fail(Unavailable.stopping());
        } else if (!queue.offer(submission)) {
            submission.fail(Unavailable.queueFull(MAX_QUEUE));
        } else if (closed && queue.remove(submission)) {
            submission.fail(Unavailable.stopping());
        }
        return submission.future();
    }

    int queued() {
        return queue.size();
    }

    long commits() {
        return commits.sum();
    }

    long writes() {
        return writes.sum();
    }

    long largestGroup() {
        return largestGroup.get();
    }

    private void run() {
        List<Submission<?>> group = new ArrayList<>(MAX_GROUP);
        while (true) {
            try {
                Submission<?> first = queue.poll(IDLE_POLL_MILLIS, TimeUnit.MILLISECONDS);
                if (first == null) {
                    if (closed) {
                        return;
                    }
                    continue;
                }
                group.add(first);
                queue.drainTo(group, MAX_GROUP - 1);
                write(group);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException | Error e) {
                log.error("The writer of the log failed; its writes are refused", e);
                failAll(group, new ControlException(ErrorCode.INTERNAL, "the write failed: see the log", e));
            } finally {
                group.clear();
            }
        }
    }

    private void write(List<Submission<?>> group) throws InterruptedException {
        boolean together = true;
        for (int round = 0; round < MAX_ROUNDS; round++) {
            try {
                boolean joined = together;
                committed(group, database.circuit().call(() -> transaction(group, joined)));
                return;
            } catch (Collision e) {
                together = false;
            } catch (CommitLost e) {
                switch (resolve(e.prepared)) {
                    case COMMITTED -> {
                        committed(group, e.prepared);
                        return;
                    }
                    case NOT_COMMITTED -> log.info("A commit was lost with its connection; running it again");
                    case UNKNOWN -> {
                        failAll(group, Unavailable.outcomeUnknown(e));
                        return;
                    }
                }
            } catch (ControlException e) {
                failAll(group, e);
                return;
            } catch (SQLException e) {
                log.atWarn()
                        .addKeyValue("state", e.getSQLState())
                        .addKeyValue("reason", DatabaseFaults.reason(e))
                        .log("Writes were refused: the database failed");
                failAll(group, Unavailable.databaseAway(DatabaseFaults.withoutValues(e)));
                return;
            }
        }
        failAll(group, Unavailable.databaseAway(null));
    }

    private static void failAll(List<Submission<?>> group, ControlException reason) {
        group.forEach(submission -> submission.fail(reason));
    }

    private void committed(List<Submission<?>> group, Prepared prepared) {
        if (!prepared.records().isEmpty()) {
            own = prepared.position();
            replica.offer(prepared.entries());
            commits.increment();
            writes.add(prepared.records().size());
            largestGroup.accumulateAndGet(prepared.records().size(), Math::max);
            prepared.records().forEach(publisher);
        }
        group.forEach(submission -> submission.settle(replica));
    }

    private Prepared transaction(List<Submission<?>> group, boolean together) throws SQLException {
        try (Connection connection = database.write()) {
            try {
                fence.announce(connection);
                LogHead head = TailnetTables.lockHead(connection);
                fence.check(connection);
                own = catchUp(connection, head);
                Prepared prepared = together ? decideTogether(connection, group) : decideApart(connection, group);
                if (prepared.records().isEmpty()) {
                    connection.rollback();
                    return prepared;
                }
                beforeCommit.run(connection);
                commit(connection, prepared);
                return prepared;
            } catch (SQLException | RuntimeException e) {
                rollback(connection);
                throw e;
            }
        }
    }

    private static void commit(Connection connection, Prepared prepared) throws SQLException {
        try {
            connection.commit();
        } catch (SQLException e) {
            if (DatabaseFaults.isConnectionLost(e)) {
                throw new CommitLost(prepared, e);
            }
            throw e;
        }
    }

    private static void rollback(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            log.debug("Rollback on a lost connection", e);
        }
    }

    /** Brings the image to exactly the locked head. */
    private LogPosition catchUp(Connection connection, LogHead head) throws SQLException {
        LogPosition applied = replica.position();
        LogPosition base = own.version() > applied.version() ? own : applied;
        if (base.head().equals(head)) {
            return base;
        }
        if (base.version() < head.version()) {
            List<LogRecord> records = TailnetTables.log(connection, base.version(), head.version());
            if (LogHistory.follows(base.head(), records, head)) {
                List<LogEntry> entries = LogHistory.after(base.version(), records);
                LogPosition position = base;
                for (LogEntry entry : entries) {
                    position = position.next(entry);
                }
                replica.offer(entries);
                return position;
            }
        }
        log.atWarn()
                .addKeyValue("version", base.version())
                .addKeyValue("head", head.version())
                .log("The log is not the one that this image comes from; loading the tables");
        LogPosition loaded = TailnetTables.load(connection);
        replica.load(loaded);
        return loaded;
    }

    private DecisionContext context() {
        return new DecisionContext(clock.instant().truncatedTo(ChronoUnit.MICROS), random);
    }

    private Prepared decideTogether(Connection connection, List<Submission<?>> group) throws SQLException {
        Draft draft = new Draft(context(), newId(), own);
        RowBatch rows = new RowBatch();
        for (Submission<?> submission : group) {
            TailnetImage before = draft.position.image();
            LogPosition after = draft.decide(submission);
            if (after != null) {
                draft.accept(submission, after);
                rows.add(before, draft.lastChanges);
            }
        }
        if (draft.records.isEmpty()) {
            return draft.prepared();
        }
        try {
            rows.write(connection);
        } catch (SQLException e) {
            if (!DatabaseFaults.isUniqueViolation(e)) {
                throw e;
            }
            throw new Collision(e);
        }
        return draft.append(connection);
    }

    private Prepared decideApart(Connection connection, List<Submission<?>> group) throws SQLException {
        Draft draft = new Draft(context(), newId(), own);
        for (Submission<?> submission : group) {
            TailnetImage before = draft.position.image();
            LogPosition after = draft.decide(submission);
            if (after == null) {
                continue;
            }
            RowBatch rows = new RowBatch();
            rows.add(before, draft.lastChanges);
            Savepoint savepoint = connection.setSavepoint();
            try {
                rows.write(connection);
                connection.releaseSavepoint(savepoint);
                draft.accept(submission, after);
            } catch (SQLException e) {
                if (!DatabaseFaults.isUniqueViolation(e)) {
                    throw e;
                }
                connection.rollback(savepoint);
                submission.refuse(taken(e));
            }
        }
        return draft.records.isEmpty() ? draft.prepared() : draft.append(connection);
    }

    private static ControlException taken(SQLException e) {
        String constraint = DatabaseFaults.constraintOf(e);
        return new ControlException(
                ErrorCode.ABORTED,
                "another write took a value that must be unique" + (constraint.isEmpty() ? "" : " (" + constraint + ")")
                        + ": try again");
    }

    private byte[] newId() {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        return id;
    }

    /** The records of one transaction while they are made. */
    private final class Draft {
        private final DecisionContext context;
        private final byte[] batchId;
        private final List<LogRecord> records = new ArrayList<>();
        private final List<LogEntry> entries = new ArrayList<>();
        private final List<Companion.Written> written = new ArrayList<>();
        private LogPosition position;
        private List<Change> lastChanges = List.of();
        private LogEntry lastEntry = new LogEntry(ByteString.EMPTY, new TailnetDelta(0, List.of()), null, null);

        Draft(DecisionContext context, byte[] batchId, LogPosition position) {
            this.context = context;
            this.batchId = batchId;
            this.position = position;
        }

        /** The position after the write's changes; null when it makes none. */
        @Nullable
        LogPosition decide(Submission<?> submission) {
            TailnetImage image = position.image();
            lastChanges = submission.decide(image, context);
            if (lastChanges.isEmpty()) {
                return null;
            }
            TailnetDelta delta = new TailnetDelta(image.version() + 1, lastChanges);
            try {
                TailnetImage after = image.apply(delta);
                lastEntry = new LogEntry(ByteString.copyFrom(newId()), delta, image, after);
                return new LogPosition(after, lastEntry.recordId());
            } catch (IllegalStateException e) {
                submission.refuse(new ControlException(
                        ErrorCode.ABORTED, "the write contradicts the tailnet (" + e.getMessage() + "): try again", e));
                return null;
            }
        }

        void accept(Submission<?> submission, LogPosition after) {
            submission.takeVersion(after.version());
            entries.add(lastEntry);
            if (!companions.isEmpty()) {
                written.add(new Companion.Written(
                        after.version(), position.image(), lastChanges, submission.actor(), context.now()));
            }
            records.add(TailnetCodec.toLogRecord(
                    lastEntry.delta(), lastEntry.recordId().toByteArray(), batchId, context.now()));
            position = after;
        }

        Prepared prepared() {
            return records.isEmpty()
                    ? Prepared.NOTHING
                    : new Prepared(ByteString.copyFrom(batchId), List.copyOf(records), List.copyOf(entries), position);
        }

        Prepared append(Connection connection) throws SQLException {
            for (Companion companion : companions) {
                companion.write(connection, written);
            }
            TailnetTables.append(connection, records, position.image().counters(), context.now());
            return prepared();
        }
    }

    private enum Outcome {
        COMMITTED,
        NOT_COMMITTED,
        UNKNOWN
    }

    /** Who holds the head knows that the lost transaction has ended: its batch id is in the log or never will be. */
    private Outcome resolve(Prepared prepared) throws InterruptedException {
        long first = prepared.records().getFirst().getVersion();
        long deadline = System.nanoTime() + RESOLVE_LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            try (Connection connection = database.write()) {
                LogHead head = TailnetTables.lockHead(connection);
                boolean found = TailnetTables.hasBatch(
                        connection, first, prepared.batchId().toByteArray());
                connection.rollback();
                if (!found && head.version() >= first + LogFollower.KEPT_RECORDS) {
                    return Outcome.UNKNOWN;
                }
                return found ? Outcome.COMMITTED : Outcome.NOT_COMMITTED;
            } catch (SQLException e) {
                log.debug("Still looking for a lost commit", e);
                Thread.sleep(RESOLVE_PAUSE);
            }
        }
        return Outcome.UNKNOWN;
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(DRAIN_LIMIT);
            thread.interrupt();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<Submission<?>> left = new ArrayList<>();
        queue.drainTo(left);
        failAll(left, Unavailable.stopping());
    }
}
