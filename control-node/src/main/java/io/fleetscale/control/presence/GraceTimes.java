package io.fleetscale.control.presence;

import java.time.Duration;

/**
 * How long a node stays online for its peers after its session ended. Source: architecture section 3.
 *
 * @param clientEnd the client ended its stream, or its connection was lost
 * @param instanceEnd the instance that served it drained, fenced itself or died
 * @param coldStart the first instance has just started
 */
public record GraceTimes(Duration clientEnd, Duration instanceEnd, Duration coldStart) {
    public static final GraceTimes DEFAULT =
            new GraceTimes(Duration.ofSeconds(10), Duration.ofSeconds(15), Duration.ofSeconds(60));
}
