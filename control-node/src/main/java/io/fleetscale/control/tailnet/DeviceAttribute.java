package io.fleetscale.control.tailnet;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator or another system says of a node, for postures. Source: policy 9.1.
 *
 * @param name for example {@code custom:tier}
 * @param expiry absent: for ever
 */
public record DeviceAttribute(
        String name, Value value, @Nullable Instant expiry, String comment) {
    /** A typed value. */
    public sealed interface Value {
        /** A {@link String}, a {@link Double} or a {@link Boolean}. */
        default Object raw() {
            return switch (this) {
                case Text(String text) -> text;
                case Numeric(double number) -> number;
                case Flag(boolean flag) -> flag;
            };
        }

        record Text(String value) implements Value {}

        record Numeric(double value) implements Value {}

        record Flag(boolean value) implements Value {}
    }
}
