/** Tests of sessions over SSH that wait for an approval. */
@NullMarked
package io.fleetscale.control.ssh;

import org.jspecify.annotations.NullMarked;
