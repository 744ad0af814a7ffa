package io.fleetscale.control.frontdoor.noise;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The answer to one call. Exactly one of the answering methods is called, once, by any thread; a second call is an
 * {@link IllegalStateException}. If the client has gone, answers are dropped silently.
 */
public interface NoiseResponse {
    /** Answers with headers only: what callbacks want, because the client never reads a body there. */
    default void answer(int status) {
        answer(status, Map.of(), new byte[0]);
    }

    default void answer(int status, String contentType, byte[] body) {
        answer(status, Map.of("content-type", contentType), body);
    }

    default void answerText(int status, String text) {
        answer(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    default void answerJson(int status, byte[] json) {
        answer(status, "application/json", json);
    }

    /** @param headers by lowercase name */
    void answer(int status, Map<String, String> headers, byte[] body);

    /** Answers with a body that comes in pieces. */
    MapStream openStream(int status, String contentType);

    /** Whether the client still waits. */
    boolean isOpen();

    /**
     * Runs {@code action} on the event loop when the client has gone or the answer is complete; at once if that is so
     * already. One action only: a later one takes the place of an earlier one.
     */
    void onClosed(Runnable action);
}
