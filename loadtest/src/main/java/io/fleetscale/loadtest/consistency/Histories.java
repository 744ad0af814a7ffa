package io.fleetscale.loadtest.consistency;

import io.fleetscale.loadtest.netmap.PeerEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/** Everything that was called and seen: operations of each register, of the set, and what each watcher saw. Thread-safe. */
final class Histories implements PeerEvents {
    private final Map<Long, ConcurrentLinkedQueue<Operation>> registers = new ConcurrentHashMap<>();
    private final Map<Long, String> initial = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<SetChecker.Add> adds = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<SetChecker.Read> reads = new ConcurrentLinkedQueue<>();
    private final LongAdder answered = new LongAdder();
    /** By register, then by watcher; each list is confined to the watcher's event loop until the end. */
    private final Map<Long, Map<Integer, ConcurrentLinkedQueue<String>>> watched = new ConcurrentHashMap<>();

    void begin(long register, String value) {
        initial.put(register, value);
        registers.put(register, new ConcurrentLinkedQueue<>());
    }

    void add(long register, Operation operation) {
        ConcurrentLinkedQueue<Operation> history = registers.get(register);
        if (history != null) {
            history.add(operation);
            count(operation.returnedNanos());
        }
    }

    void add(SetChecker.Add add) {
        adds.add(add);
        count(add.returnedNanos());
    }

    void add(SetChecker.Read read) {
        reads.add(read);
        count(read.returnedNanos());
    }

    private void count(long returnedNanos) {
        if (returnedNanos != Operation.NEVER) {
            answered.increment();
        }
    }

    /** A watcher learns a register's value, which is the first label of its node's name. */
    @Override
    public void named(int viewer, long peer, String name) {
        String value = name.substring(0, Math.max(0, name.indexOf('.')));
        watched.computeIfAbsent(peer, key -> new ConcurrentHashMap<>())
                .computeIfAbsent(viewer, key -> new ConcurrentLinkedQueue<>())
                .add(value);
    }

    long operations() {
        return registers.values().stream()
                        .mapToLong(ConcurrentLinkedQueue::size)
                        .sum()
                + adds.size()
                + reads.size();
    }

    long readOperations() {
        return registers.values().stream()
                        .flatMap(ConcurrentLinkedQueue::stream)
                        .filter(operation -> !operation.isWrite())
                        .count()
                + reads.size();
    }

    long unknownWrites() {
        return registers.values().stream()
                        .flatMap(ConcurrentLinkedQueue::stream)
                        .filter(operation -> operation.returnedNanos() == Operation.NEVER)
                        .count()
                + adds.stream()
                        .filter(add -> add.returnedNanos() == Operation.NEVER)
                        .count();
    }

    long transitions() {
        return watched.values().stream()
                .flatMap(byViewer -> byViewer.values().stream())
                .mapToLong(ConcurrentLinkedQueue::size)
                .sum();
    }

    /** What is wrong with any of it, one line each. */
    List<String> check() {
        List<String> wrong = new ArrayList<>();
        registers.forEach((register, history) -> RegisterChecker.check(
                        initial.getOrDefault(register, ""), new ArrayList<>(history))
                .ifPresent(text -> wrong.add("register " + register + ": " + text)));
        SetChecker.check(new ArrayList<>(adds), new ArrayList<>(reads))
                .ifPresent(text -> wrong.add("set of users: " + text));
        for (Long register : registers.keySet()) {
            List<List<String>> views = new ArrayList<>();
            watched.getOrDefault(register, Map.of()).values().forEach(values -> views.add(List.copyOf(values)));
            OrderChecker.check(views).ifPresent(text -> wrong.add("watchers of register " + register + ": " + text));
        }
        return wrong;
    }
}
