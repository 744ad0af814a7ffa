package io.fleetscale.control.policy.hujson;

/** A place in a text; both count from 1. */
public record Position(int line, int column) {
    @Override
    public String toString() {
        return "line " + line + ", column " + column;
    }
}
