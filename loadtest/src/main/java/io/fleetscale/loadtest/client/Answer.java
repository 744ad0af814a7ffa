package io.fleetscale.loadtest.client;

import java.nio.charset.StandardCharsets;

/** A whole answer. */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
record Answer(int status, byte[] body) {
    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
