/** Load, benchmarks and their reports: {@link io.fleetscale.loadtest.Loadtest} is the program, {@code bench} measures, {@code report} writes. */
@NullMarked
package io.fleetscale.loadtest;

import org.jspecify.annotations.NullMarked;
