/**
 * A real PostgreSQL server that this process unpacks, starts, watches and stops, for {@code dev} and for tests. Starting
 * point: {@link io.fleetscale.control.database.embedded.EmbeddedPostgres}.
 */
@NullMarked
package io.fleetscale.control.database.embedded;

import org.jspecify.annotations.NullMarked;
