package io.fleetscale.loadtest.process;

import java.nio.file.Path;

/** Where the other programs of the archive lie. */
public final class Programs {
    private Programs() {}

    /**
     * The launcher of a program in the directory that this one was started from.
     *
     * @throws IllegalStateException when this one was not started by a launcher
     */
    public static Path besideThis(String program) {
        String bin = System.getProperty("fleetscale.bin");
        if (bin == null) {
            throw new IllegalStateException("where bin/" + program + " lies is not known: give --launcher FILE");
        }
        return Path.of(bin, program);
    }
}
