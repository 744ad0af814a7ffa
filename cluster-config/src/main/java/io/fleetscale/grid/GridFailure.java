package io.fleetscale.grid;

/**
 * The grid of this instance stopped by itself: it was cut off from the others, or a part of it died. It stays stopped until
 * {@link Grid#restart()}.
 *
 * @param kind Ignite's failure type, such as {@code SEGMENTATION}
 */
public record GridFailure(String kind, String detail) {}
