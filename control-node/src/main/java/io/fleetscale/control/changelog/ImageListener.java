package io.fleetscale.control.changelog;

import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;

/** Follows the image of this instance. Called on the apply thread, in order; must not block. */
public interface ImageListener {
    /** A whole image replaced the former one: at start, after falling behind, after the database's history changed. */
    void loaded(TailnetImage image);

    void applied(TailnetImage before, TailnetDelta delta, TailnetImage after);
}
