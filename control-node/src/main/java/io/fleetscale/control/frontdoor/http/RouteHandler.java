package io.fleetscale.control.frontdoor.http;

/** Answers one HTTP request; runs on a virtual thread and may block. */
@FunctionalInterface
public interface RouteHandler {
    /**
     * @throws Exception answered as 500 {@code internal server error}; the text stays in the log
     */
    HttpReply handle(HttpCall call) throws Exception;
}
