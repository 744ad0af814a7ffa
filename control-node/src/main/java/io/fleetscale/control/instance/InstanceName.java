package io.fleetscale.control.instance;

import java.util.regex.Pattern;

/** Name of an instance, unique in the cluster and the same after a restart. */
public record InstanceName(String value) {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    public InstanceName {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "instance name \"" + value
                            + "\": must be 1..63 letters, digits, dots, dashes and underscores, and begin with a letter or digit");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
