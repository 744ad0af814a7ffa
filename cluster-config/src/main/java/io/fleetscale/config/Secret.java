package io.fleetscale.config;

/** A password or key from the configuration. Only {@link #value()} gives it away; the text form never does. */
public record Secret(String value) {
    static final String REDACTED = "(redacted)";

    public static final Secret EMPTY = new Secret("");

    public boolean isEmpty() {
        return value.isEmpty();
    }

    @Override
    public String toString() {
        return isEmpty() ? "" : REDACTED;
    }
}
