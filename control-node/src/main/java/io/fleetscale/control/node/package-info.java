/** What administrators and clients change on nodes. Starting point: {@code Nodes}. */
@NullMarked
package io.fleetscale.control.node;

import org.jspecify.annotations.NullMarked;
