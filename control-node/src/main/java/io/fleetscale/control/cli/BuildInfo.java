package io.fleetscale.control.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/**
 * From what the program was built: the resource {@code fleetscale-build.properties} that the packaging writes, else what
 * the jar's manifest says.
 */
public record BuildInfo(String version, String commit, String buildTime, boolean dirty) {
    public static BuildInfo ofProgram() {
        Properties build = new Properties();
        try (InputStream in = BuildInfo.class.getResourceAsStream("/fleetscale-build.properties")) {
            if (in != null) {
                build.load(in);
            }
        } catch (IOException unreadable) {
            // the version is then as unknown as without the resource
            build.clear();
        }
        String ofJar = BuildInfo.class.getPackage().getImplementationVersion();
        return new BuildInfo(
                build.getProperty("version", ofJar == null ? "dev" : ofJar),
                build.getProperty("commit", "unknown"),
                build.getProperty("time", "unknown"),
                Boolean.parseBoolean(build.getProperty("dirty", "false")));
    }

    /** {@code major.minor.patch}, which the grid compares between instances; 0.0.0 where the version is not known. */
    public String numbers() {
        int end = version.indexOf('-');
        String numbers = end < 0 ? version : version.substring(0, end);
        return numbers.matches("\\d+\\.\\d+\\.\\d+") ? numbers : "0.0.0";
    }
}
