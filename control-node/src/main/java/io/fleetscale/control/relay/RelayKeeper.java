package io.fleetscale.control.relay;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.derpmap.RelayMember;
import io.fleetscale.control.derpmap.RelayMembers;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings relays that report into the DERP map and takes out those that left or died, on the one instance that is elected for
 * such things. Changes of a moment are written together. While the database is away nothing changes; while the grid is away,
 * relays that report to other instances answer the probe. A thread of its own.
 */
public final class RelayKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RelayKeeper.class);
    private static final Duration INTERVAL = Duration.ofMillis(250);
    /** Waits for what else changes before the map is changed: every change makes clients reconnect. */
    private static final Duration GATHERING = Duration.ofMillis(250);

    private static final Duration WRITE_LIMIT = Duration.ofSeconds(5);

    private final Changelog changelog;
    private final RelaySightings sightings;
    private final RelayProbe probe;
    private final BooleanSupplier elected;
    private final Thread thread = Thread.ofVirtual().name("relay-keeper").unstarted(this::run);

    /** @param elected whether this instance is the one; asked before each round */
    public RelayKeeper(Changelog changelog, RelaySightings sightings, RelayProbe probe, BooleanSupplier elected) {
        this.changelog = changelog;
        this.sightings = sightings;
        this.probe = probe;
        this.elected = elected;
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(INTERVAL);
                if (elected.getAsBoolean()) {
                    round();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void round() throws InterruptedException {
        try {
            boolean unused = sightings.refresh();
            RelayMembers members = RelayMembers.of(changelog.image());
            Set<String> dead = dead(members);
            if (RelayDecisions.after(members, sightings.alive(), dead).equals(members)) {
                return;
            }
            Thread.sleep(GATHERING);
            boolean again = sightings.refresh();
            List<RelayReport> alive = sightings.alive();
            Future<Boolean> written = changelog.write(RelayDecisions.follow(alive, dead));
            if (written.get(WRITE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.atInfo()
                        .addKeyValue("serving", serving())
                        .addKeyValue("gone", dead)
                        .addKeyValue("grid", again ? "answers" : "away")
                        .log("relays of the DERP map changed");
            }
        } catch (ExecutionException | TimeoutException | ControlException e) {
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("the relays of the DERP map stay as they are");
            Thread.sleep(WRITE_LIMIT);
        }
    }

    /** Serving relays that are silent and do not answer; those that could not leave anyway are not asked. */
    private Set<String> dead(RelayMembers members) {
        Set<String> dead = new HashSet<>();
        for (RelayMember member : members.members()) {
            boolean silent = sightings.silence(member.name()).compareTo(RelaySightings.SILENCE) > 0;
            if (member.state() == RelayMember.State.SERVING
                    && silent
                    && !members.isLastServing(member)
                    && !probe.answers(member)) {
                dead.add(member.name());
            }
        }
        return dead;
    }

    private List<String> serving() {
        return RelayMembers.of(changelog.image()).members().stream()
                .filter(member -> member.state() == RelayMember.State.SERVING)
                .map(RelayMember::name)
                .toList();
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
