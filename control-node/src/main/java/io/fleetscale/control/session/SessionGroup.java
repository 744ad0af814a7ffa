package io.fleetscale.control.session;

import io.fleetscale.control.netmap.FeedReader;
import io.fleetscale.control.netmap.MapMessage;
import io.fleetscale.control.netmap.NetmapState;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of one event loop. News go out at once while little happens; when telling everybody takes long, the next round
 * waits, and what happens meanwhile goes into one message. Confined to the event loop, except {@link #wake}.
 */
final class SessionGroup {
    /** Rounds that cost less are not worth waiting for. */
    private static final long CHEAP_ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long MIN_WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long MAX_WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int KEEP_ALIVE_MIN_SECONDS = 50;
    private static final int KEEP_ALIVE_SPREAD_SECONDS = 9;

    private final MapSessions owner;
    private final EventLoop loop;
    private final RandomGenerator random;
    private final FeedReader reader;
    private final List<MapSession> sessions = new ArrayList<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private long notBeforeNanos;
    private boolean ticking;
    private @Nullable MapMessage keepAlive;
    private @Nullable MapMessage plainKeepAlive;
    private int keepAliveSeconds = -1;

    SessionGroup(MapSessions owner, EventLoop loop, RandomGenerator random) {
        this.owner = owner;
        this.loop = loop;
        this.random = random;
        this.reader = new FeedReader(owner.feed());
        this.notBeforeNanos = System.nanoTime();
    }

    EventLoop loop() {
        return loop;
    }

    /** What the group's sessions read. */
    FeedReader reader() {
        return reader;
    }

    void add(MapSession session) {
        session.index = sessions.size();
        sessions.add(session);
        if (!ticking) {
            ticking = true;
            scheduleTick();
        }
    }

    void remove(MapSession session) {
        int at = session.index;
        if (at < 0) {
            return;
        }
        session.index = -1;
        MapSession last = sessions.removeLast();
        if (last != session) {
            sessions.set(at, last);
            last.index = at;
        }
    }

    /** There is news. Any thread. */
    void wake() {
        if (woken.compareAndSet(false, true)) {
            loop.execute(this::round);
        }
    }

    private void round() {
        long now = System.nanoTime();
        long early = notBeforeNanos - now;
        if (early > 0) {
            var unused = loop.schedule(this::round, early, TimeUnit.NANOSECONDS);
            return;
        }
        woken.set(false);
        NetmapState state = owner.state();
        // From the back: a session that closes in its turn is replaced by one that was visited already.
        for (int i = sessions.size() - 1; i >= 0; i--) {
            if (i < sessions.size()) {
                sessions.get(i).advance(state, true);
            }
        }
        long end = System.nanoTime();
        long cost = end - now;
        notBeforeNanos =
                cost < CHEAP_ROUND_NANOS ? end : end + Math.clamp(2 * cost, MIN_WINDOW_NANOS, MAX_WINDOW_NANOS);
    }

    private void scheduleTick() {
        var unused = loop.schedule(this::tick, 1, TimeUnit.SECONDS);
    }

    private void tick() {
        int now = nowSeconds();
        for (int i = sessions.size() - 1; i >= 0; i--) {
            if (i < sessions.size()) {
                sessions.get(i).tick(now);
            }
        }
        ticking = !sessions.isEmpty();
        if (ticking) {
            scheduleTick();
        }
    }

    /** When a session that writes now must write again, in seconds of {@link #nowSeconds}. */
    int nextKeepAlive() {
        return nowSeconds() + KEEP_ALIVE_MIN_SECONDS + random.nextInt(KEEP_ALIVE_SPREAD_SECONDS + 1);
    }

    /** One for all sessions within a second. */
    MapMessage keepAlive(boolean compressed) {
        int now = nowSeconds();
        if (now != keepAliveSeconds) {
            keepAliveSeconds = now;
            keepAlive = null;
            plainKeepAlive = null;
        }
        MapMessage ready = compressed ? keepAlive : plainKeepAlive;
        if (ready == null) {
            ready = owner.feed().keepAlive(compressed, null);
            if (compressed) {
                keepAlive = ready;
            } else {
                plainKeepAlive = ready;
            }
        }
        return ready;
    }

    private int nowSeconds() {
        return owner.nowSeconds();
    }
}
