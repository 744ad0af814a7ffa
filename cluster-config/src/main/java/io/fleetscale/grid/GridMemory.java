package io.fleetscale.grid;

/** Upper limits of the grid's off-heap memory in bytes; both regions start at 16 MiB and grow when needed. */
public record GridMemory(long stateBytes, long contentBytes) {
    /** What a region starts with, and so the least that its limit can be. */
    public static final long INITIAL_BYTES = 16L << 20;

    public static final GridMemory DEFAULT = new GridMemory(512L << 20, 128L << 20);
}
