/**
 * The relays of one region act as one: each keeps connections to the others, hears from them who is connected there, and
 * forwards packets for those. Every packet is forwarded at most once.
 *
 * <p>The protocol is the upstream relay's, so that both kinds can stand in one region. What is different here: there is one
 * connection for each event loop, so that packets need not change loops and no slow connection holds up another.
 *
 * <p>Starting points: {@link io.fleetscale.relay.mesh.Mesh}, {@link io.fleetscale.relay.mesh.MeshLink}.
 */
@NullMarked
package io.fleetscale.relay.mesh;

import org.jspecify.annotations.NullMarked;
