package io.fleetscale.control.tailnet;

/** Number of a node: positive, at most 2^53 - 1, never used again. */
public record NodeId(long value) implements Comparable<NodeId> {
    @Override
    public int compareTo(NodeId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
