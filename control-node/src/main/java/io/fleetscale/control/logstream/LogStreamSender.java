package io.fleetscale.control.logstream;

import io.fleetscale.control.audit.AuditLog;
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
 * Sends the audit log where a stream says, in order and at least once; a failed upload is tried again after half a minute, with
 * the same entries. Any instance may send: a stream is taken by one at a time. One thread.
 */
public final class LogStreamSender implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogStreamSender.class);
    private static final String CONFIGURATION = "configuration";
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration TAKEN = Duration.ofSeconds(60);
    private static final Duration RETRY = Duration.ofSeconds(30);
    private static final int BATCH = 200;

    private final Changelog changelog;
    private final AuditLog audit;
    private final LogStreamStates states;
    private final Sealer sealer;
    private final OutboundHttp http;
    private final BooleanSupplier mayAct;
    private final InstantSource clock;
    private final Thread thread;

    /** @param mayAct whether this instance is a living member; asked before each round */
    public LogStreamSender(
            Changelog changelog,
            AuditLog audit,
            LogStreamStates states,
            Sealer sealer,
            OutboundHttp http,
            BooleanSupplier mayAct,
            InstantSource clock) {
        this.changelog = changelog;
        this.audit = audit;
        this.states = states;
        this.sealer = sealer;
        this.http = http;
        this.mayAct = mayAct;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("log-streams").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Thread.sleep(PAUSE);
                LogStream stream = LogStream.KIND.find(changelog.image(), CONFIGURATION);
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
        Optional<LogStreamStates.State> taken = states.take(CONFIGURATION, now, now.plus(TAKEN));
        if (taken.isEmpty()) {
            states.begin(CONFIGURATION, stream.since(), now);
            return;
        }
        LogStreamStates.State state = taken.get();
        List<AuditLog.Entry> entries = audit.after(Math.max(state.version(), stream.since()), BATCH);
        Duration period = Duration.ofMinutes(stream.uploadPeriodMinutes());
        if (entries.isEmpty()) {
            states.put(CONFIGURATION, state.version(), now.plus(PAUSE), state.status());
            return;
        }
        String problem = send(stream, entries, now);
        long bytes = entries.stream().mapToLong(entry -> entry.json().length()).sum();
        if (problem.isEmpty()) {
            boolean more = entries.size() == BATCH;
            states.put(
                    CONFIGURATION,
                    entries.getLast().version(),
                    more ? now : now.plus(period.isZero() ? PAUSE : period),
                    state.status().sent(now, bytes, entries.size()));
        } else {
            LOG.atWarn()
                    .addKeyValue("destination", stream.destinationType())
                    .addKeyValue("reason", problem)
                    .log("a log stream was not delivered, trying again");
            states.put(
                    CONFIGURATION,
                    state.version(),
                    now.plus(RETRY),
                    state.status().failed(now, problem));
        }
    }

    /** What went wrong; empty: it was taken. */
    private String send(LogStream stream, List<AuditLog.Entry> entries, Instant now) throws InterruptedException {
        if (!LogUpload.isSupported(stream)) {
            return "this server cannot send to " + stream.destinationType() + " in this form";
        }
        HttpRequest.Builder request = LogUpload.request(
                stream,
                CONFIGURATION,
                entries.stream().map(AuditLog.Entry::json).toList(),
                entries.getFirst().version(),
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
