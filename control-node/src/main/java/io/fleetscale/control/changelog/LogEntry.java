package io.fleetscale.control.changelog;

import com.google.protobuf.ByteString;
import io.fleetscale.control.tailnet.TailnetCodec;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.proto.grid.v1.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record of the log as this instance applies it.
 *
 * @param before the image it was decided on here, and {@code after} the result, so that nothing is computed twice; absent
 *     for records that came from elsewhere
 */
record LogEntry(
        ByteString recordId,
        TailnetDelta delta,
        @Nullable TailnetImage before,
        @Nullable TailnetImage after) {
    /** @throws IllegalArgumentException if this release cannot read the record */
    static LogEntry of(LogRecord record) {
        return new LogEntry(record.getRecordId(), TailnetCodec.fromLogRecord(record), null, null);
    }

    long version() {
        return delta.version();
    }

    TailnetImage applyTo(TailnetImage image) {
        return after != null && image == before ? after : image.apply(delta);
    }
}
