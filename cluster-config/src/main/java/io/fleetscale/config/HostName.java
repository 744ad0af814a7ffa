package io.fleetscale.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The name of this machine, found without asking DNS. */
final class HostName {
    private static final Path KERNEL_NAME = Path.of("/proc/sys/kernel/hostname");

    private HostName() {}

    static String ofMachine(Map<String, String> environment) {
        String name = "";
        try {
            name = Files.readString(KERNEL_NAME).strip();
        } catch (IOException e) {
            // Not Linux: the shell's variable has to do.
        }
        if (name.isEmpty()) {
            name = environment.getOrDefault("HOSTNAME", "");
        }
        return name.isEmpty() || name.equals("(none)") ? ClusterConfig.NAMELESS : name;
    }
}
