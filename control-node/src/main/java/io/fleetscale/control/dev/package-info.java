/**
 * What {@code fleetscale dev} runs as processes of their own, each started as a user would start it: relays, and with {@code
 * --instances N} everything but PostgreSQL. Knows no feature of the server. Starting points: {@link
 * io.fleetscale.control.dev.DevProcesses}, which holds the processes, {@link io.fleetscale.control.dev.DevRelays} and {@link
 * io.fleetscale.control.dev.DevCluster}, which say which ones there are.
 */
@NullMarked
package io.fleetscale.control.dev;

import org.jspecify.annotations.NullMarked;
