/**
 * Map sessions: what becomes of {@code POST /machine/map}. A session is a cursor in the notices of its node's class and writes
 * as fast as its client reads. Starting points: {@code MapService}, {@code MapSession}.
 */
@NullMarked
package io.fleetscale.control.session;

import org.jspecify.annotations.NullMarked;
