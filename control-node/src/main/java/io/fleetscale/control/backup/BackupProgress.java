package io.fleetscale.control.backup;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** Tells people how far long work is: a line for each table with many rows, and one each few seconds. Not thread-safe. */
public final class BackupProgress {
    private static final Duration PERIOD = Duration.ofSeconds(5);
    private static final long MANY_ROWS = 10_000;

    private final PrintStream out;
    private long toldNanos = System.nanoTime();

    public BackupProgress(PrintStream out) {
        this.out = out;
    }

    void step(String what) {
        out.println(what);
    }

    /** Called often while a table is worked on. */
    void during(String verb, String table, long bytes) {
        long now = System.nanoTime();
        if (now - toldNanos >= PERIOD.toNanos()) {
            toldNanos = now;
            out.println(verb + " " + table + ": " + size(bytes));
        }
    }

    void done(String verb, BackupManifest.Table table) {
        if (table.rows() >= MANY_ROWS) {
            out.println(verb + " " + table.name() + ": " + table.rows() + " rows, " + size(table.bytes()));
        }
    }

    private static String size(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
    }
}
