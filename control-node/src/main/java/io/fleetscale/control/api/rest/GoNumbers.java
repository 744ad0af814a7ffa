package io.fleetscale.control.api.rest;

import java.util.Set;

/**
 * Reads numbers and booleans from text as Go's strconv does, with its error texts: programs and people know them.
 * Source: Go strconv.ParseUint, ParseBool, headscale-surface 1.5.
 */
final class GoNumbers {
    private static final Set<String> TRUE = Set.of("1", "t", "T", "TRUE", "true", "True");
    private static final Set<String> FALSE = Set.of("0", "f", "F", "FALSE", "false", "False");

    private GoNumbers() {}

    /** A path variable: decimal, {@code 0x1f}, {@code 0b1}, {@code 0o17}, {@code 017}; underscores between digits. */
    static long parseUnsignedAnyBase(String text) {
        String digits = text;
        int base = 10;
        if (text.length() > 1 && text.charAt(0) == '0') {
            base = switch (text.charAt(1)) {
                case 'x', 'X' -> 16;
                case 'b', 'B' -> 2;
                case 'o', 'O' -> 8;
                default -> 0;
            };
            if (base == 0) {
                base = 8;
                digits = text.substring(1);
            } else {
                digits = text.substring(2);
            }
        }
        if (digits.indexOf('_') >= 0) {
            boolean separates = (digits.charAt(0) != '_' || digits.length() < text.length())
                    && !digits.endsWith("_")
                    && !digits.contains("__");
            if (!separates) {
                throw invalid("ParseUint", text);
            }
            digits = digits.replace("_", "");
        }
        return parse(text, digits, base);
    }

    /** A query value: decimal digits only. */
    static long parseUnsignedDecimal(String text) {
        return parse(text, text, 10);
    }

    static boolean parseBool(String text) {
        if (TRUE.contains(text)) {
            return true;
        }
        if (FALSE.contains(text)) {
            return false;
        }
        throw invalid("ParseBool", text);
    }

    private static long parse(String text, String digits, int base) {
        boolean wellFormed =
                !digits.isEmpty() && digits.chars().allMatch(c -> c < 128 && Character.digit(c, base) >= 0);
        if (!wellFormed) {
            throw invalid("ParseUint", text);
        }
        try {
            return Long.parseUnsignedLong(digits, base);
        } catch (NumberFormatException tooLarge) {
            throw new IllegalArgumentException(
                    "strconv.ParseUint: parsing " + GoText.quote(text) + ": value out of range", tooLarge);
        }
    }

    private static IllegalArgumentException invalid(String function, String text) {
        return new IllegalArgumentException(
                "strconv." + function + ": parsing " + GoText.quote(text) + ": invalid syntax");
    }
}
