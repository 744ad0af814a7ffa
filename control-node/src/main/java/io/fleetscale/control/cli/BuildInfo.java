package io.fleetscale.control.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/**
 * From what the program was built: the resource {@code fleetscale-build.properties} that the packaging writes, else what
 * the jar's manifest says.
 */
record BuildInfo(String version, String commit, String buildTime, boolean dirty) {
    static BuildInfo ofProgram() {
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
}
