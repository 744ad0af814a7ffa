/**
 * A cluster of {@code fleetscale dev --instances N} as load tests and fault scenarios drive it. Starting points: {@code
 * ClusterUnderTest} (its processes: kill, pause, restart), {@code AdminClient} (its administration API), {@code
 * ClusterDatabase} (what can go wrong with its PostgreSQL).
 */
@NullMarked
package io.fleetscale.loadtest.cluster;

import org.jspecify.annotations.NullMarked;
