package io.fleetscale.relay.listener;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import java.lang.management.ManagementFactory;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a process's listeners, and those among them that are no relay session yet. When there are as many as the
 * process may have, the one that has been about nothing for longest makes room, so that whoever opens connections and is silent
 * takes no place from those that speak: a node needs some round trips to become a session. Thread-safe.
 */
public final class Arrivals {
    /** Files for everything that is no accepted connection: links of the mesh, questions to control servers, libraries. */
    private static final long FILES_KEPT = 1_000;

    private static final int MOST = 1_000_000;
    private static final long FILES_UNKNOWN = 4_096;

    private final int most;

    @GuardedBy("this")
    private final Set<Channel> undecided = new LinkedHashSet<>();

    @GuardedBy("this")
    private int open;

    /** @param most connections of all kinds, at least 1 */
    public Arrivals(int most) {
        this.most = most;
    }

    /** As many as the limit of open files of this process leaves. */
    public static Arrivals withinOpenFiles() {
        long files = ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : FILES_UNKNOWN;
        return new Arrivals(most(files));
    }

    /** @param files that may be open; some systems say a thousand million */
    static int most(long files) {
        return (int) Math.min(MOST, Math.max(files / 2, files - FILES_KEPT));
    }

    /**
     * Counts a connection until it closes.
     *
     * @return whether somebody had to go for it: the oldest that is undecided, or itself if all are sessions
     */
    boolean arrived(Channel channel) {
        Channel victim = null;
        synchronized (this) {
            open++;
            if (open > most) {
                victim = oldest();
                victim = victim == null ? channel : victim;
            }
            if (victim != channel) {
                undecided.add(channel);
            }
        }
        channel.closeFuture().addListener(closed -> left(channel));
        if (victim != null) {
            closeNow(victim);
        }
        return victim != null;
    }

    /** It has become a session. */
    synchronized void settled(Channel channel) {
        undecided.remove(channel);
    }

    @GuardedBy("this")
    private @Nullable Channel oldest() {
        Iterator<Channel> all = undecided.iterator();
        if (!all.hasNext()) {
            return null;
        }
        Channel oldest = all.next();
        all.remove();
        return oldest;
    }

    private synchronized void left(Channel channel) {
        open--;
        undecided.remove(channel);
    }

    /** Below TLS, which would say goodbye first. */
    private static void closeNow(Channel channel) {
        ChannelHandlerContext first = channel.pipeline().firstContext();
        ChannelFuture unused = first == null ? channel.close() : first.close();
    }
}
