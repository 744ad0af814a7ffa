package io.fleetscale.control.frontdoor.limit;

/** An average per second and how many may come at once. */
public record Rate(double perSecond, int burst) {
    public Rate {
        if (!(perSecond > 0) || burst < 1) {
            throw new IllegalArgumentException("rate " + perSecond + "/s, burst " + burst + ": both must be positive");
        }
    }
}
