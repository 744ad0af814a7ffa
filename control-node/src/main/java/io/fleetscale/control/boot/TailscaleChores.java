package io.fleetscale.control.boot;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.device.PostureAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the API needs done by the clock: attributes that are over. One thread. */
final class TailscaleChores implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TailscaleChores.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final Changelog changelog;
    private final PostureAttributes attributes;
    private final BooleanSupplier mayAct;
    private final InstantSource clock;
    private final Thread thread = Thread.ofVirtual().name("api-chores").unstarted(this::run);

    TailscaleChores(Changelog changelog, PostureAttributes attributes, BooleanSupplier mayAct, InstantSource clock) {
        this.changelog = changelog;
        this.attributes = attributes;
        this.mayAct = mayAct;
        this.clock = clock;
    }

    void start() {
        thread.start();
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Thread.sleep(INTERVAL);
                if (mayAct.getAsBoolean()) {
                    round();
                }
            } catch (InterruptedException e) {
                return;
            } catch (CompletionException e) {
                LOG.atWarn().addKeyValue("reason", e.getMessage()).log("a chore of the API failed, trying again");
            } catch (RuntimeException e) {
                LOG.atError().setCause(e).log("a chore of the API failed");
            }
        }
    }

    private void round() {
        Instant now = clock.instant();
        if (PostureAttributes.anyExpired(changelog.image(), now)) {
            int changed = attributes.removeExpired().join();
            LOG.atDebug().addKeyValue("nodes", changed).log("attributes that were over are gone");
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
