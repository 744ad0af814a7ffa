package io.fleetscale.control.changelog;

import io.fleetscale.proto.grid.v1.LogRecord;
import java.util.List;

/** Whether records continue the history that an image comes from. */
final class LogHistory {
    private LogHistory() {}

    /**
     * @param from where the image stands
     * @param records read from {@code from.version()} on, that one included
     * @param to where they must end
     */
    static boolean follows(LogHead from, List<LogRecord> records, LogHead to) {
        long expected = from.version() == 0 ? 1 : from.version();
        if (records.isEmpty() || records.getFirst().getVersion() != expected) {
            return false;
        }
        if (from.version() > 0 && !records.getFirst().getRecordId().equals(from.recordId())) {
            return false;
        }
        for (LogRecord record : records) {
            if (record.getVersion() != expected) {
                return false;
            }
            expected++;
        }
        LogRecord last = records.getLast();
        return last.getVersion() == to.version() && last.getRecordId().equals(to.recordId());
    }

    /** The records after {@code version}. */
    static List<LogEntry> after(long version, List<LogRecord> records) {
        return records.stream()
                .filter(record -> record.getVersion() > version)
                .map(LogEntry::of)
                .toList();
    }
}
