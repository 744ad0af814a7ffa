package io.fleetscale.control.boot;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.node.NodeDefaults;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.setting.SettingImport;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What exactly one instance does, by the clock: expiry, removal of ephemeral nodes, import of settings. Every second it asks
 * whether this instance is the one. The deciders are safe against a second instance that believes the same for a moment:
 * they change nothing twice.
 */
final class Singletons implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Singletons.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(10);

    private final Changelog changelog;
    private final Nodes nodes;
    private final PresenceOverlay presence;
    private final SettingImport settings;
    private final Supplier<Map<String, String>> configured;
    private final BooleanSupplier elected;
    private final InstantSource clock;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("singletons").factory());
    private Map<String, String> imported = Map.of();

    /**
     * @param configured the settings that this instance's configuration has now
     * @param elected whether this instance is the one; asked before each round
     */
    Singletons(
            Changelog changelog,
            Nodes nodes,
            PresenceOverlay presence,
            SettingImport settings,
            Supplier<Map<String, String>> configured,
            BooleanSupplier elected,
            InstantSource clock) {
        this.changelog = changelog;
        this.nodes = nodes;
        this.presence = presence;
        this.settings = settings;
        this.configured = configured;
        this.elected = elected;
        this.clock = clock;
    }

    void start() {
        Future<?> unused = timer.scheduleWithFixedDelay(
                this::round, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** A failed round is logged in a line; the next one tries again. */
    private void round() {
        if (!elected.getAsBoolean()) {
            return;
        }
        try {
            importSettings();
            TailnetImage image = changelog.image();
            Instant now = clock.instant();
            if (anyExpires(image, now)) {
                await(nodes.markExpired());
            }
            removeEphemeral(image, now);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            LOG.atWarn().addKeyValue("reason", cause.getMessage()).log("a periodic task failed, trying again");
        } catch (TimeoutException e) {
            LOG.atWarn().addKeyValue("limit", WRITE_LIMIT).log("a periodic task takes too long, trying again");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a periodic task failed");
        }
    }

    private void importSettings() throws ExecutionException, TimeoutException, InterruptedException {
        Map<String, String> now = configured.get();
        if (!now.equals(imported)) {
            settings.run(now).get(WRITE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            imported = now;
        }
    }

    private static boolean anyExpires(TailnetImage image, Instant now) {
        for (Node node : image.nodes().values()) {
            Instant expiry = node.expiry();
            if (expiry != null && !node.expired() && !expiry.isAfter(now)) {
                return true;
            }
        }
        return false;
    }

    private void removeEphemeral(TailnetImage image, Instant now)
            throws ExecutionException, TimeoutException, InterruptedException {
        Duration limit = NodeDefaults.of(image).ephemeralTimeout();
        for (Node node : image.nodes().values()) {
            if (node.ephemeral() && awaySince(node).isBefore(now.minus(limit))) {
                await(nodes.removeEphemeral(node.id(), node.nodeKey()));
            }
        }
    }

    /** Since when nobody has seen the node; far in the future while it is online. */
    private Instant awaySince(Node node) {
        Presence known = presence.get(node.id());
        if (known.online()) {
            return Instant.MAX;
        }
        Instant lastSeen = known.lastSeen();
        return lastSeen == null ? node.createdAt() : lastSeen;
    }

    private static void await(Future<?> future) throws ExecutionException, TimeoutException, InterruptedException {
        Object unused = future.get(WRITE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
