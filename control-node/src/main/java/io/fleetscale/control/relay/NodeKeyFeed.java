package io.fleetscale.control.relay;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.key.NodeKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The keys of the tailnet's nodes, for relays that keep the list themselves: all of them, or what has changed since a place that
 * the relay names. Remembers a bounded number of changes; who lags behind gets all. Thread-safe.
 */
public final class NodeKeyFeed implements ImageListener {
    private static final int REMEMBERED = 4096;

    private record Changed(long number, NodeKey key, boolean added) {}

    /**
     * @param place what to name next time
     * @param all whether {@code added} is the whole list
     */
    record Page(String place, boolean all, List<NodeKey> added, List<NodeKey> removed) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final SecureRandom random;

    @GuardedBy("lock")
    private final Deque<Changed> changes = new ArrayDeque<>();

    @GuardedBy("lock")
    private TailnetImage image;

    @GuardedBy("lock")
    private String history;

    @GuardedBy("lock")
    private long number;

    public NodeKeyFeed(TailnetImage image, SecureRandom random) {
        this.image = image;
        this.random = random;
        this.history = newHistory(random);
    }

    @Override
    public void loaded(TailnetImage next) {
        lock.lock();
        try {
            image = next;
            changes.clear();
            history = newHistory(random);
            number = 0;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void applied(TailnetImage before, TailnetDelta delta, TailnetImage after) {
        lock.lock();
        try {
            image = after;
            long first = number;
            for (Change change : delta.changes()) {
                switch (change) {
                    case Change.NodePut(Node node) -> {
                        Node old = before.node(node.id());
                        if (old == null || !old.nodeKey().equals(node.nodeKey())) {
                            if (old != null) {
                                add(old.nodeKey(), false);
                            }
                            add(node.nodeKey(), true);
                        }
                    }
                    case Change.NodeRemoved(var id) -> {
                        Node old = before.node(id);
                        if (old != null) {
                            add(old.nodeKey(), false);
                        }
                    }
                    default -> {}
                }
            }
            if (number != first) {
                news.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void add(NodeKey key, boolean added) {
        number++;
        changes.addLast(new Changed(number, key, added));
        if (changes.size() > REMEMBERED) {
            changes.removeFirst();
        }
    }

    /** What has changed since {@code place}, waiting for it at most {@code limit}; all keys for a place that is not known. */
    Page since(String place, Duration limit) throws InterruptedException {
        lock.lock();
        try {
            long known = numberOf(place);
            long left = limit.toNanos();
            while (known == number && left > 0) {
                left = news.awaitNanos(left);
                known = numberOf(place);
            }
            String next = history + "-" + number;
            if (known < 0) {
                List<NodeKey> all =
                        image.nodes().values().stream().map(Node::nodeKey).toList();
                return new Page(next, true, all, List.of());
            }
            Map<NodeKey, Boolean> last = new LinkedHashMap<>();
            for (Changed change : changes) {
                if (change.number > known) {
                    last.put(change.key, change.added);
                }
            }
            List<NodeKey> added = new ArrayList<>();
            List<NodeKey> removed = new ArrayList<>();
            last.forEach((key, present) -> (present ? added : removed).add(key));
            return new Page(next, false, added, removed);
        } finally {
            lock.unlock();
        }
    }

    /** -1 when what has changed since is not remembered. */
    @GuardedBy("lock")
    private long numberOf(String place) {
        int dash = place.indexOf('-');
        if (dash < 0 || !place.substring(0, dash).equals(history)) {
            return -1;
        }
        try {
            long known = Long.parseLong(place.substring(dash + 1));
            return known > number || known < number - changes.size() ? -1 : known;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static String newHistory(SecureRandom random) {
        byte[] bytes = new byte[8];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
