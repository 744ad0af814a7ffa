/**
 * What happens to a cluster under load when something breaks. Starting points: {@code FaultsCommand} ({@code loadtest
 * faults}), {@code Fault} (what can be broken), {@code FaultRun} (breaks one thing after the other and measures).
 */
@NullMarked
package io.fleetscale.loadtest.faults;

import org.jspecify.annotations.NullMarked;
