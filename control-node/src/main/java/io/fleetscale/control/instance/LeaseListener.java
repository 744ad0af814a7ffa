package io.fleetscale.control.instance;

/** Hears of changes of the lease's state, on the renewing thread; must not block. */
@FunctionalInterface
public interface LeaseListener {
    void changed(LeaseState state);
}
