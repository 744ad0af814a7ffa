/** What a process of this machine uses, from {@code /proc}. Starting point: {@code ServerProcess}. */
@NullMarked
package io.fleetscale.loadtest.process;

import org.jspecify.annotations.NullMarked;
