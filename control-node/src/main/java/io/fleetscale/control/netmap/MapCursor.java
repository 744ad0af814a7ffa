package io.fleetscale.control.netmap;

import io.fleetscale.control.policy.ClassId;

/** How far a session is: up to which notice of which class it was told. */
public record MapCursor(ClassId classId, long number) {
    /** Whether a state holds nothing newer. */
    public boolean isAt(NetmapState state) {
        ClassView view = state.view(classId);
        return view != null && view.head() == number;
    }
}
