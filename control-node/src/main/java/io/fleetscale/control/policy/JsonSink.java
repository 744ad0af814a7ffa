package io.fleetscale.control.policy;

import io.fleetscale.wire.tailcfg.JsonWriter;

/** A message that is being written. Text and shared pieces may follow each other in any order. */
public interface JsonSink {
    /** For what follows; ask again after each shared piece. */
    JsonWriter text();

    /** Elements of the array that was just begun, without its brackets. */
    void shared(SharedJson elements);
}
