package io.fleetscale.grid;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version of the program that an instance runs; it decides who may be in one grid. */
public record ProgramVersion(int major, int minor, int patch, String suffix) {
    private static final Pattern FORM = Pattern.compile("v?(\\d{1,6})\\.(\\d{1,6})\\.(\\d{1,6})([-+].{0,64})?");

    /**
     * @throws IllegalArgumentException when the text is not {@code major.minor.patch} with an optional suffix
     */
    public static ProgramVersion parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException(
                    "program version '" + text + "': must be major.minor.patch, such as 1.4.0 or 1.4.0-SNAPSHOT");
        }
        return new ProgramVersion(
                Integer.parseInt(form.group(1)),
                Integer.parseInt(form.group(2)),
                Integer.parseInt(form.group(3)),
                form.group(4) == null ? "" : form.group(4));
    }

    /** A release runs beside itself and beside the releases directly before and after it. */
    public boolean runsBeside(ProgramVersion other) {
        return major == other.major && Math.abs(minor - other.minor) <= 1;
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch + suffix;
    }
}
