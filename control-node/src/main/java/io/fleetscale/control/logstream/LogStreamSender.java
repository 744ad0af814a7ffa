package io.fleetscale.control.logstream;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.outbound.OutboundHttp;
import io.fleetscale.control.secret.Sealer;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one kind of log where its stream says, in order and at least once; a failed upload is tried again after half a minute,
 * with the same entries. Any instance may send: a stream is taken by one at a time. One thread.
 */
public final class LogStreamSender implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogStreamSender.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration TAKEN = Duration.ofSeconds(60);
    private static final Duration RETRY = Duration.ofSeconds(30);
    private static final int BATCH = 200;
    private static final long MAX_CHARACTERS = 4 * 1024 * 1024;

    private final Changelog changelog;
    private final String logType;
    private final LogSource source;
    private final LogStreamStates states;
    private final Sealer sealer;
    private final OutboundHttp http;
    private final BooleanSupplier mayAct;
    private final InstantSource clock;
    private final Thread thread;

    /**
     * @param logType one of {@link LogStream#LOG_TYPES}
     * @param mayAct whether this instance is a living member; asked before each round
     */
    public LogStreamSender(
            Changelog changelog,
            String logType,
            LogSource source,
            LogStreamStates states,
            Sealer sealer,
            OutboundHttp http,
            BooleanSupplier mayAct,
            InstantSource clock) {
        this.changelog = changelog;
        this.logType = logType;
        this.source = source;
        this.states = states;
        this.sealer = sealer;
        this.http = http;
        this.mayAct = mayAct;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("log-stream-" + logType).unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Thread.sleep(PAUSE);
                LogStream stream = LogStream.KIND.find(changelog.image(), logType);
                if (stream != null && mayAct.getAsBoolean()) {
                    round(stream);
                }
            } catch (InterruptedException e) {
                return;
            } catch (SQLException e) {
                LOG.atDebug().setCause(e).log("log streams cannot be read now");
            } catch (RuntimeException e) {
                LOG.atError().setCause(e).log("sending a log stream failed");
            }
        }
    }

    private void round(LogStream stream) throws SQLException, InterruptedException {
        Instant now = clock.instant();
        Optional<LogStreamStates.State> taken = states.take(logType, now, now.plus(TAKEN));
        if (taken.isEmpty()) {
            states.begin(logType, stream.since(), now);
            return;
        }
        LogStreamStates.State state = taken.get();
        List<LogSource.Item> items = batch(Math.max(state.version(), stream.since()));
        Duration period = Duration.ofMinutes(stream.uploadPeriodMinutes());
        if (items.isEmpty()) {
            states.put(logType, state.version(), now.plus(PAUSE), state.status());
            return;
        }
        List<LogSource.Item> entries =
                items.stream().filter(item -> !item.isSpoofed()).toList();
        LogStreamStatus counted = state.status().spoofed(items.size() - entries.size());
        if (entries.isEmpty()) {
            states.put(logType, items.getLast().number(), now, counted);
            return;
        }
        String problem = send(stream, entries, now);
        long bytes = entries.stream().mapToLong(entry -> entry.json().length()).sum();
        if (problem.isEmpty()) {
            boolean more = items.size() == BATCH || bytes > MAX_CHARACTERS / 2;
            states.put(
                    logType,
                    items.getLast().number(),
                    more ? now : now.plus(period.isZero() ? PAUSE : period),
                    counted.sent(now, bytes, entries.size()));
        } else {
            LOG.atWarn()
                    .addKeyValue("destination", stream.destinationType())
                    .addKeyValue("reason", problem)
                    .log("a log stream was not delivered, trying again");
            states.put(logType, state.version(), now.plus(RETRY), state.status().failed(now, problem));
        }
    }

    /** What comes next, as much as one request may hold. */
    private List<LogSource.Item> batch(long after) throws SQLException {
        List<LogSource.Item> items = source.after(after, BATCH);
        long characters = 0;
        for (int i = 0; i < items.size(); i++) {
            characters += items.get(i).json().length();
            if (characters > MAX_CHARACTERS && i > 0) {
                return items.subList(0, i);
            }
        }
        return items;
    }

    /** What went wrong; empty: it was taken. */
    private String send(LogStream stream, List<LogSource.Item> entries, Instant now) throws InterruptedException {
        if (!LogUpload.isSupported(stream)) {
            return "this server cannot send to " + stream.destinationType() + " in this form";
        }
        HttpRequest.Builder request = LogUpload.request(
                stream,
                logType,
                entries.stream().map(LogSource.Item::json).toList(),
                entries.getFirst().number(),
                opened(stream.sealedToken()),
                opened(stream.sealedS3Secret()),
                now);
        try {
            int status = http.send(request).status();
            return status / 100 == 2 ? "" : "the destination answers " + status;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private String opened(String sealed) {
        return sealed.isEmpty() ? "" : sealer.openText(sealed).orElse("");
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
