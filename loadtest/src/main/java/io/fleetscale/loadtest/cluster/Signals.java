package io.fleetscale.loadtest.cluster;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Signals for processes of this machine, by their ids. */
enum Signals {
    STOP,
    CONT,
    TERM,
    KILL;

    /** Sends it to each; a process that has ended already is no error. */
    void send(List<Long> pids) throws IOException, InterruptedException {
        if (pids.isEmpty()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("kill", "-" + name().toUpperCase(Locale.ROOT)));
        pids.forEach(pid -> command.add(Long.toString(pid)));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        int unused = process.waitFor();
    }
}
