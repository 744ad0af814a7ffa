package io.fleetscale.control.policy.explain;

import java.io.Serial;

/** A question that cannot be answered as it is put; the message says why and how to put it. */
public final class QuestionException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public QuestionException(String message) {
        super(message);
    }
}
