package io.fleetscale.control.changelog;

import com.google.protobuf.ByteString;
import io.fleetscale.control.tailnet.TailnetImage;

/** An image and which history of the log it is an image of. */
record LogPosition(TailnetImage image, ByteString recordId) {
    static final LogPosition EMPTY = new LogPosition(TailnetImage.EMPTY, ByteString.EMPTY);

    long version() {
        return image.version();
    }

    LogHead head() {
        return new LogHead(image.version(), recordId);
    }

    LogPosition next(LogEntry entry) {
        return new LogPosition(entry.applyTo(image), entry.recordId());
    }
}
