package io.fleetscale.control.instance;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A grid of instances in this JVM of which one can be cut off. Thread-safe. */
final class SplitGrid {
    private final Set<String> running = new LinkedHashSet<>();
    private final Set<String> cutOff = ConcurrentHashMap.newKeySet();
    private final Map<String, Duration> told = new ConcurrentHashMap<>();
    private final Map<String, Long> applied = new ConcurrentHashMap<>();

    synchronized Set<String> running() {
        return new LinkedHashSet<>(running);
    }

    void cutOff(String name) {
        cutOff.add(name);
    }

    /** The sides see each other again. */
    void heal() {
        cutOff.clear();
    }

    private synchronized List<String> membersSeenBy(String name) {
        return running.stream()
                .filter(other -> cutOff.contains(other) == cutOff.contains(name))
                .toList();
    }

    View view(String name) {
        return new View(name);
    }

    /** What one instance sees of it. */
    final class View implements ClusterGrid {
        private final String name;

        private View(String name) {
            this.name = name;
        }

        @Override
        public List<String> members() {
            synchronized (SplitGrid.this) {
                return running.contains(name) ? membersSeenBy(name) : List.of();
            }
        }

        @Override
        public boolean isRebalancing() {
            return false;
        }

        @Override
        public void tellRenewed(Duration ago) {
            told.put(name, ago);
        }

        @Override
        public Map<String, Duration> othersRenewed() {
            Map<String, Duration> others = new HashMap<>();
            for (String member : members()) {
                Duration ago = told.get(member);
                if (!member.equals(name) && ago != null) {
                    others.put(member, ago);
                }
            }
            return others;
        }

        @Override
        public void tellApplied(long version) {
            applied.put(name, version);
        }

        @Override
        public long othersApplied() {
            return members().stream()
                    .filter(member -> !member.equals(name))
                    .mapToLong(member -> applied.getOrDefault(member, 0L))
                    .max()
                    .orElse(0);
        }

        @Override
        public void leave() {
            synchronized (SplitGrid.this) {
                running.remove(name);
            }
            told.remove(name);
        }

        @Override
        public void rejoin() {
            synchronized (SplitGrid.this) {
                running.remove(name);
                running.add(name);
            }
        }
    }
}
