package io.fleetscale.control.logstream;

import java.sql.SQLException;
import java.util.List;

/** A log that can be streamed: numbered entries, whose numbers come in the order in which they can be read. Thread-safe; blocks. */
public interface LogSource {
    /**
     * An entry.
     *
     * @param json as it is sent; empty: it speaks for another than who wrote it, and is counted instead of sent
     */
    record Item(long number, String json) {
        public static Item spoofed(long number) {
            return new Item(number, "");
        }

        boolean isSpoofed() {
            return json.isEmpty();
        }
    }

    /** Entries after a number, in order. */
    List<Item> after(long number, int limit) throws SQLException;

    /** The number of the last entry; 0: there is none. */
    long last() throws SQLException;
}
