package io.fleetscale.relay.session;

/** Hears of changes that the relay as a whole counts. Called on event loops; thread-safe. */
public interface SessionObserver {
    /** An admitted session began. */
    void opened(DerpSession session);

    /** The session calls this region its home, or no longer does. Not called again with the same value. */
    void homeChanged(boolean home);

    /** The session ended. */
    void closed(DerpSession session, boolean wasAdmitted);
}
