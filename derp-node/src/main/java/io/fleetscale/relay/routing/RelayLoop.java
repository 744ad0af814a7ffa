package io.fleetscale.relay.routing;

import io.fleetscale.relay.metrics.DropReason;
import io.fleetscale.relay.metrics.LoopCounters;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The relay's side of one event loop: gathers the packets of one turn of the loop, so that each connection is flushed
 * once and each other loop gets one task. Confined to the event loop.
 */
@SuppressWarnings("ReferenceEquality") // loops are compared by identity
public final class RelayLoop {
    private static final long PROGRESS_CHECK_MILLIS = 250;
    /** How much of the time between two checks counts: in the rest of it this loop was late, not the other side. */
    private static final long MOST_BETWEEN_CHECKS_NANOS = TimeUnit.MILLISECONDS.toNanos(2 * PROGRESS_CHECK_MILLIS);

    private final EventLoop eventLoop;
    private final int index;
    private final LoopCounters counters;
    private final List<@Nullable HandOver> outgoing = new ArrayList<>();
    private final List<RelayLoop> targets = new ArrayList<>();
    private List<Receiver> gathered = new ArrayList<>();
    private List<Receiver> spare = new ArrayList<>();
    private final Set<Receiver> watched = new LinkedHashSet<>();
    private final Runnable endTurn = this::endTurn;
    private final Runnable checkProgress = this::checkProgress;
    private boolean turnEnds;
    private boolean checkScheduled;
    private long checkedAtNanos;
    private long progressNanos;

    RelayLoop(EventLoop eventLoop, int index, LoopCounters counters) {
        this.eventLoop = eventLoop;
        this.index = index;
        this.counters = counters;
    }

    /** Small numbers, from 0, one for each loop of the relay. */
    public int index() {
        return index;
    }

    public EventLoop eventLoop() {
        return eventLoop;
    }

    public LoopCounters counters() {
        return counters;
    }

    /** Passes a finished RecvPacket frame to a connection of any loop. The buffer is lent. */
    public void route(Receiver receiver, Peer source, ByteBuf buffer, int start, int frameBytes) {
        RelayLoop target = receiver.loop();
        if (target == this) {
            receiver.deliver(source, buffer, start, frameBytes);
            return;
        }
        HandOver batch = batchFor(target);
        batch.add(receiver, source, buffer, start, frameBytes);
        if (batch.isFull()) {
            outgoing.set(target.index, null);
            send(batch, target);
        } else {
            scheduleEndOfTurn();
        }
    }

    /** Has {@link Receiver#flushBatch} called at the end of this turn. */
    public void gatheredFor(Receiver receiver) {
        gathered.add(receiver);
        scheduleEndOfTurn();
    }

    /** Has {@link Receiver#checkProgress} called until it says that nothing waits any more. */
    public void watch(Receiver receiver) {
        watched.add(receiver);
        scheduleProgressCheck();
    }

    /**
     * The clock by which connections are held to move their bytes, in nanoseconds. It stands still while nothing is watched, and
     * nearly so while the loop does not get a processor: bytes that it could not send in that time are not the other side's fault.
     */
    public long progressNanos() {
        return progressNanos;
    }

    private HandOver batchFor(RelayLoop target) {
        while (outgoing.size() <= target.index) {
            outgoing.add(null);
        }
        HandOver batch = outgoing.get(target.index);
        if (batch == null) {
            batch = new HandOver();
            outgoing.set(target.index, batch);
            targets.add(target);
        }
        return batch;
    }

    /** Tasks run after the sockets of a turn have been read, so one task serves all that were read. */
    private void scheduleEndOfTurn() {
        if (!turnEnds) {
            turnEnds = true;
            eventLoop.execute(endTurn);
        }
    }

    private void endTurn() {
        turnEnds = false;
        for (RelayLoop target : targets) {
            HandOver batch = outgoing.set(target.index, null);
            if (batch != null) {
                send(batch, target);
            }
        }
        targets.clear();
        // Flushing may gather more, for the next turn.
        List<Receiver> flushing = gathered;
        gathered = spare;
        spare = flushing;
        for (Receiver receiver : flushing) {
            receiver.flushBatch();
        }
        flushing.clear();
    }

    private void send(HandOver batch, RelayLoop target) {
        try {
            target.eventLoop.execute(batch);
        } catch (RejectedExecutionException e) {
            // The other loop has been shut down, its connections are closed.
            int packets = batch.discard();
            for (int i = 0; i < packets; i++) {
                counters.dropped(DropReason.WRITE_ERROR, false, 0);
            }
        }
    }

    private void scheduleProgressCheck() {
        if (!checkScheduled) {
            checkScheduled = true;
            checkedAtNanos = System.nanoTime();
            var unused = eventLoop.schedule(checkProgress, PROGRESS_CHECK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void checkProgress() {
        checkScheduled = false;
        progressNanos += Math.min(System.nanoTime() - checkedAtNanos, MOST_BETWEEN_CHECKS_NANOS);
        for (Receiver receiver : List.copyOf(watched)) {
            if (!receiver.checkProgress(progressNanos)) {
                watched.remove(receiver);
            }
        }
        if (!watched.isEmpty()) {
            scheduleProgressCheck();
        }
    }
}
