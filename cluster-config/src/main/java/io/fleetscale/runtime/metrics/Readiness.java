package io.fleetscale.runtime.metrics;

import java.util.List;

/**
 * Whether new connections should come to this process, and why not.
 *
 * @param reasons short sentences for people; may name the degraded parts of a process that is ready
 */
public record Readiness(State state, List<String> reasons) {
    /** What a load balancer is told. */
    public enum State {
        /** Takes everything: 200. */
        READY("ready", 200),
        /** Takes everything that is possible, such as while the database is away for all: 200. */
        DEGRADED("degraded", 200),
        /** Keeps what it has and takes nothing new: 404, which balancers can treat so. */
        DRAINING("draining", 404),
        /** Does not take anything yet: 503. */
        STARTING("starting", 503),
        /** Must not serve, because others may hold its place: 503. */
        FENCED("fenced", 503);

        private final String text;
        private final int httpStatus;

        State(String text, int httpStatus) {
            this.text = text;
            this.httpStatus = httpStatus;
        }

        public String text() {
            return text;
        }

        public int httpStatus() {
            return httpStatus;
        }
    }

    public static final Readiness READY = new Readiness(State.READY, List.of());

    public Readiness {
        reasons = List.copyOf(reasons);
    }

    public static Readiness of(State state, String... reasons) {
        return new Readiness(state, List.of(reasons));
    }
}
