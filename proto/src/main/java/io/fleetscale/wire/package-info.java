/** Wire facts that more than one program needs: codecs and messages, no server. */
@NullMarked
package io.fleetscale.wire;

import org.jspecify.annotations.NullMarked;
