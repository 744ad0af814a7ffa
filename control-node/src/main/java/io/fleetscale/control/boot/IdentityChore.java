package io.fleetscale.control.boot;

import io.fleetscale.control.device.IdentityCollector;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets the instance that acts for all ask clients for the identity of their machines, some times a minute. One thread. */
final class IdentityChore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IdentityChore.class);
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final IdentityCollector collector;
    private final BooleanSupplier mayAct;
    private final Thread thread = Thread.ofVirtual().name("posture-identities").unstarted(this::run);

    IdentityChore(IdentityCollector collector, BooleanSupplier mayAct) {
        this.collector = collector;
        this.mayAct = mayAct;
    }

    void start() {
        thread.start();
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Thread.sleep(INTERVAL);
                if (mayAct.getAsBoolean()) {
                    collector.round();
                }
            } catch (InterruptedException e) {
                return;
            } catch (CompletionException e) {
                LOG.atDebug().setCause(e).log("identities of machines cannot be stored now");
            } catch (RuntimeException e) {
                LOG.atError().setCause(e).log("asking for identities of machines failed");
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
