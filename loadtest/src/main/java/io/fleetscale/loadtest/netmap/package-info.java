/**
 * What a simulated node makes of map messages. Starting points: {@code JsonScan} and {@code MapScanner} (reading without a
 * tree), {@code LightView} (who is seen, for thousands of nodes), {@code Netmap} (the whole model, strict).
 */
@NullMarked
package io.fleetscale.loadtest.netmap;

import org.jspecify.annotations.NullMarked;
