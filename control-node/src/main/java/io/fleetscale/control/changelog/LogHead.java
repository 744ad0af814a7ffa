package io.fleetscale.control.changelog;

import com.google.protobuf.ByteString;

/**
 * The end of the log.
 *
 * @param recordId random id of record {@code version}: equal numbers with another id are another history; empty at 0
 */
record LogHead(long version, ByteString recordId) {
    static final LogHead EMPTY = new LogHead(0, ByteString.EMPTY);
}
