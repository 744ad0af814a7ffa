package io.fleetscale.control.netmap;

/** What clients can work with as a name of a node. Source: control-protocol gotcha 35. */
final class Names {
    private static final int MAX_LABEL = 63;
    private static final int MAX_NAME = 255;

    private Names() {}

    static boolean isLabel(String label) {
        if (label.isEmpty() || label.length() > MAX_LABEL || label.startsWith("-") || label.endsWith("-")) {
            return false;
        }
        for (int i = 0; i < label.length(); i++) {
            char c = label.charAt(i);
            boolean allowed = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-';
            if (!allowed) {
                return false;
            }
        }
        return true;
    }

    static boolean fits(String name) {
        return name.length() <= MAX_NAME;
    }
}
