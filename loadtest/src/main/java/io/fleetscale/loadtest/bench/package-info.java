/** Benchmarks: CPU time for each unit of work of the server, measured on the product's own classes and programs. */
@NullMarked
package io.fleetscale.loadtest.bench;

import org.jspecify.annotations.NullMarked;
