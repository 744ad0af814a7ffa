/**
 * What {@code fleetscale dev --instances N} runs: PostgreSQL in this process and everything else as processes of their own,
 * each started as a user would start it. Knows no feature of the server. Starting points: {@link
 * io.fleetscale.control.dev.DevProcesses}, which holds the processes, and {@link io.fleetscale.control.dev.DevCluster},
 * which says which ones there are.
 */
@NullMarked
package io.fleetscale.control.dev;

import org.jspecify.annotations.NullMarked;
