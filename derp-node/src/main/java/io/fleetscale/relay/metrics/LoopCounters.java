package io.fleetscale.relay.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counters of one event loop. Written by that loop only, without a locked instruction; read by any thread, a moment late
 * at worst.
 */
@SuppressWarnings("EnumOrdinal") // the cells live and die with this object, their order means nothing outside
public final class LoopCounters {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int KINDS = 2;

    private final long[] counts = new long[Counter.values().length];
    private final long[] droppedPackets = new long[DropReason.values().length * KINDS];
    private final long[] droppedBytes = new long[DropReason.values().length * KINDS];

    public void increment(Counter counter) {
        add(counts, counter.ordinal(), 1);
    }

    public void add(Counter counter, long amount) {
        add(counts, counter.ordinal(), amount);
    }

    public void dropped(DropReason reason, boolean disco, int packetBytes) {
        add(droppedPackets, cell(reason, disco), 1);
        add(droppedBytes, cell(reason, disco), packetBytes);
    }

    public long get(Counter counter) {
        return (long) CELL.getOpaque(counts, counter.ordinal());
    }

    public long droppedPackets(DropReason reason, boolean disco) {
        return (long) CELL.getOpaque(droppedPackets, cell(reason, disco));
    }

    public long droppedBytes(DropReason reason, boolean disco) {
        return (long) CELL.getOpaque(droppedBytes, cell(reason, disco));
    }

    private static int cell(DropReason reason, boolean disco) {
        return reason.ordinal() * KINDS + (disco ? 1 : 0);
    }

    private static void add(long[] cells, int index, long amount) {
        CELL.setOpaque(cells, index, cells[index] + amount);
    }
}
