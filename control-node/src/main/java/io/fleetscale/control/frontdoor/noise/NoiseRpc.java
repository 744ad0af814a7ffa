package io.fleetscale.control.frontdoor.noise;

/**
 * One procedure that clients call inside Noise. Called on a virtual thread; may block, and may also return and answer
 * later. What it throws is answered with 500.
 */
@FunctionalInterface
public interface NoiseRpc {
    void handle(NoiseRequest request, NoiseResponse response) throws Exception;
}
