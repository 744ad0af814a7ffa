package io.fleetscale.control.dev;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines that run programs of Fleetscale with the JVM, the flags and the jars of this process. */
public final class ProgramCommand {
    private ProgramCommand() {}

    /**
     * @param mainClass of the program
     * @param jvmFlags beside those of this process, which they outrank
     */
    public static List<String> java(String mainClass, List<String> jvmFlags, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            // a training run writes one cache, and a debugger's port is for one process
            if (!flag.startsWith("-XX:AOTCacheOutput") && !flag.startsWith("-agentlib")) {
                command.add(flag);
            }
        }
        command.addAll(jvmFlags);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(mainClass);
        command.addAll(arguments);
        return command;
    }
}
