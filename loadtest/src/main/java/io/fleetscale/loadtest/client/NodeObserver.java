package io.fleetscale.loadtest.client;

/** Told of what happens to a simulated node; on its event loop. */
public interface NodeObserver {
    /** Nobody is told. */
    NodeObserver NONE = new NodeObserver() {};

    /** A poll got its first full map, {@code nanos} after it was first tried. */
    default void onFullMap(long nanos) {}

    default void onKeepAlive() {}

    /** A poll or the attempt at one has ended and will be tried again. */
    default void onPollLost(Throwable cause) {}

    /** The lite update that goes with every poll was not taken; the next poll sends it again. */
    default void onUpdateFailed(Throwable cause) {}
}
