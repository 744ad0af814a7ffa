package io.fleetscale.loadtest.differential;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.Instant;
import java.util.List;

/**
 * A random policy on a random tailnet; the same seed gives the same case.
 *
 * @param image with the policy in force
 */
public record PolicyCase(long seed, String policy, TailnetImage image) {
    private static final Instant WRITTEN = Instant.parse("2026-02-01T00:00:00Z");

    public static PolicyCase of(long seed) {
        Draw draw = new Draw(seed);
        World world = World.of(draw);
        String text = new PolicyGenerator(draw, world).policy();
        TailnetImage image = world.image();
        TailnetDelta written =
                new TailnetDelta(image.version() + 1, List.of(new Change.PolicyPut(new Policy(1, text, WRITTEN))));
        return new PolicyCase(seed, text, image.apply(written));
    }

    @Override
    public String toString() {
        return "seed " + seed;
    }
}
