package io.fleetscale.control.preauthkey;

import io.fleetscale.control.tailnet.UserId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator wants of a new key.
 *
 * @param user absent: the key gives tags only
 * @param expiration absent: the year 1 is stored, so that the key is expired from the start, as headscale does
 * @param tags as given; order and repetition do not matter
 */
public record NewPreAuthKey(
        @Nullable UserId user,
        boolean reusable,
        boolean ephemeral,
        @Nullable Instant expiration,
        List<String> tags) {
    public NewPreAuthKey {
        tags = List.copyOf(tags);
    }
}
