/**
 * PostgreSQL as the control server uses it: pools, migrations, checks at start, the circuit around it. Starting points:
 * {@link io.fleetscale.control.database.Database#open} and {@link io.fleetscale.control.database.DatabaseConfig}.
 */
@NullMarked
package io.fleetscale.control.database;

import org.jspecify.annotations.NullMarked;
