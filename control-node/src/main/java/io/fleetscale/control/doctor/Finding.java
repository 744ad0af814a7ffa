package io.fleetscale.control.doctor;

/**
 * What one check found.
 *
 * @param subject what was looked at, in a few words
 * @param text what is so, and what to do about it
 */
public record Finding(Level level, String subject, String text) {
    /** How good that is. */
    public enum Level {
        OK,
        /** Some setups want it so. */
        NOTE,
        /** Clients do not work, or not all of them. */
        FAIL
    }

    static Finding ok(String subject, String text) {
        return new Finding(Level.OK, subject, text);
    }

    static Finding note(String subject, String text) {
        return new Finding(Level.NOTE, subject, text);
    }

    static Finding fail(String subject, String text) {
        return new Finding(Level.FAIL, subject, text);
    }
}
